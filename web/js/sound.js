// Sound in the browser: the level of a stream, and the café's chime for testing the loudspeaker.
// It must not know where a stream comes from or what its level moves.

/** @type {AudioContext|undefined} */
let shared;

/** The page's one AudioContext; call it first from a click, or the browser keeps it suspended. */
export function audioContext() {
  shared ??= new AudioContext({ latencyHint: "interactive" });
  if (shared.state === "suspended") shared.resume().catch(() => {});
  return shared;
}

const FLOOR = -52; // dB full scale: below is silence
const CEILING = -16; // dB full scale: a loud voice

/** @param {number} rms 0..1 @returns {number} 0..1, even to the ear */
export function loudness(rms) {
  const decibels = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, (decibels - FLOOR) / (CEILING - FLOOR)));
}

/** Reads how loud a stream is, and how dark or bright it sounds. */
export class LevelMeter {
  /** @param {MediaStream} stream */
  constructor(stream) {
    const context = audioContext();
    this.source = context.createMediaStreamSource(stream);
    this.analyser = new AnalyserNode(context, { fftSize: 1024, smoothingTimeConstant: 0.4 });
    this.source.connect(this.analyser); // and no further: this one only listens
    this.samples = new Float32Array(this.analyser.fftSize);
    this.bins = new Uint8Array(this.analyser.frequencyBinCount);
    this.hertz = context.sampleRate / this.analyser.fftSize;
  }

  /** @returns {{level: number, brightness: number}} both 0..1 */
  read() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += sample * sample;
    this.analyser.getByteFrequencyData(this.bins);
    const low = this.#band(200, 900); // where 오 and 우 live
    const high = this.#band(1600, 3400); // where 이 and 에 do
    return { level: loudness(Math.sqrt(sum / this.samples.length)), brightness: high / Math.max(low + high, 1) };
  }

  /** @param {number} from Hz @param {number} to Hz */
  #band(from, to) {
    let sum = 0;
    for (let i = Math.round(from / this.hertz); i < to / this.hertz; i += 1) sum += this.bins[i];
    return sum / ((to - from) / this.hertz);
  }

  close() {
    this.source.disconnect();
  }
}

/** Three notes, like the bell on a café's door. @returns {{stream: MediaStream, done: Promise<void>}} */
export function chime() {
  const context = audioContext();
  const out = context.createMediaStreamDestination();
  const start = context.currentTime + 0.1;
  [659.25, 830.61, 987.77].forEach((frequency, i) => {
    const note = new OscillatorNode(context, { type: "sine", frequency });
    const gain = new GainNode(context, { gain: 0 });
    const at = start + i * 0.18;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.9);
    note.connect(gain).connect(out);
    note.start(at);
    note.stop(at + 1);
  });
  return { stream: out.stream, done: new Promise((resolve) => setTimeout(resolve, 1700)) };
}
