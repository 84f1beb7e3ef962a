// Pipecat's client kit as an application would use it: connect, collect what it is told, note the track it plays.
import { PipecatClient } from "@pipecat-ai/client-js";
import { SmallWebRTCTransport, WavMediaManager } from "@pipecat-ai/small-webrtc-transport";

const seen = { events: [], user: [], bot: [], state: "", audio: false, error: null };
window.seen = seen;
const note = (name) => () => seen.events.push(name);

const client = new PipecatClient({
  // The kit's default device manager loads a bundle from its vendor's site; its other one needs no network.
  transport: new SmallWebRTCTransport({ iceServers: [], mediaManager: new WavMediaManager() }),
  enableMic: true,
  enableCam: false,
  callbacks: {
    onConnected: note("connected"),
    onBotReady: note("bot-ready"),
    onTransportStateChanged: (state) => { seen.state = state; },
    onUserStartedSpeaking: note("user-started"),
    onUserStoppedSpeaking: note("user-stopped"),
    onBotStartedSpeaking: note("bot-started"),
    onBotStoppedSpeaking: note("bot-stopped"),
    onUserTranscript: (data) => { if (data.final) seen.user.push(data.text); },
    onBotTranscript: (data) => seen.bot.push(data.text),
    onBotOutput: note("bot-output"),
    onMetrics: note("metrics"),
    onError: (message) => { seen.error = JSON.stringify(message); },
    onTrackStarted: (track, participant) => {
      if (participant?.local || track.kind !== "audio") return;
      const context = new AudioContext();
      const meter = context.createAnalyser();
      context.createMediaStreamSource(new MediaStream([track])).connect(meter);
      const samples = new Float32Array(meter.fftSize);
      // A MediaStream is only decoded by Chromium while an element plays it.
      const element = document.createElement("audio");
      element.srcObject = new MediaStream([track]);
      element.play();
      setInterval(() => {
        meter.getFloatTimeDomainData(samples);
        if (Math.max(...samples.map(Math.abs)) > 0.02) seen.audio = true;
      }, 50);
    },
  },
});
window.client = client;
window.start = () => client.connect({ webrtcUrl: new URL("/api/offer", location.href).href });
window.stop = () => client.disconnect();
