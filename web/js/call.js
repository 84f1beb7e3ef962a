// One WebRTC call from offer to end: peer connection, data channel, trickled candidates, heartbeat, quality.
// It must not know the DOM: what happens is told as events, and it is ended exactly once.
//
// Events (CustomEvent, `detail` in brackets): connected · voice [MediaStream] · message [Message] · quality [Quality]
// · trouble (the network is gone, it may come back) · recovered · ended ["hung-up" | "dropped" | "unreachable" | "closed"].

import { endCall, placeCall, trickle } from "./api.js";
import { clientReady, parse, ping } from "./rtvi.js";

/** @typedef {{level: "good"|"fair"|"poor"|"unknown", delay: number|null, lost: number|null}} Quality delay in s, lost 0..1 */

const GATHERING = 250; // ms to wait for local candidates before the offer leaves; later ones are trickled
const CONNECTING = 15_000; // ms; the server gives up then too
const GRACE = 5_000; // ms a lost connection may take to come back
const HEARTBEAT = 1_000; // ms
const SAMPLING = 2_000; // ms between quality readings

export class Call extends EventTarget {
  #peer = new RTCPeerConnection();
  #channel = this.#peer.createDataChannel("chat", { ordered: true });
  #id = "";
  #ended = false;
  #waiting = /** @type {RTCIceCandidate[]} */ ([]);
  #timers = /** @type {Record<string, number>} */ ({});
  #last = { lost: 0, received: 0 };

  /** @param {string} personaId @param {MediaStream} stream one microphone track, at most one camera track */
  constructor(personaId, stream) {
    super();
    this.personaId = personaId;
    this.sessionId = "";
    const [microphone] = stream.getAudioTracks();
    const [camera] = stream.getVideoTracks();
    this.microphone = this.#peer.addTransceiver(microphone, { direction: "sendrecv", streams: [stream] }).sender;
    this.camera = camera ? this.#peer.addTransceiver(camera, { direction: "sendonly", streams: [stream] }).sender : null;
    this.#peer.ontrack = ({ track, streams }) => this.#tell("voice", streams[0] ?? new MediaStream([track]));
    this.#peer.onicecandidate = ({ candidate }) => candidate?.candidate && this.#offerCandidate(candidate);
    this.#peer.onconnectionstatechange = () => this.#follow(this.#peer.connectionState);
    this.#channel.onopen = () => this.#greet();
    this.#channel.onclose = () => this.#end("closed");
    this.#channel.onmessage = ({ data }) => {
      const message = parse(data);
      if (message) this.#tell("message", message);
    };
  }

  /** Places the call; throws ApiFault when the server refuses it. */
  async place() {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    await gathered(this.#peer, GATHERING);
    if (this.#ended) return;
    this.#waiting.length = 0; // those are in the offer already
    try {
      const answer = await placeCall(/** @type {RTCSessionDescription} */ (this.#peer.localDescription), this.personaId);
      this.#id = answer.call_id;
      this.sessionId = answer.session_id;
      if (this.#ended) return void endCall(this.#id).catch(() => {}); // hung up while it rang
      this.#timers.connecting = setTimeout(() => this.#end("unreachable"), CONNECTING);
      await this.#peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    } catch (fault) {
      if (!this.#ended) this.#close();
      throw fault;
    }
    this.#sendCandidates();
  }

  hangUp() {
    this.#end("hung-up");
  }

  /** @param {RTCIceCandidate} candidate */
  #offerCandidate(candidate) {
    this.#waiting.push(candidate);
    if (this.#id) this.#timers.trickle ??= setTimeout(() => this.#sendCandidates(), 50);
  }

  #sendCandidates() {
    this.#timers.trickle = /** @type {any} */ (undefined);
    const candidates = this.#waiting.splice(0);
    // A candidate that got lost matters only if nothing connects, and then the connecting timer speaks.
    if (candidates.length && !this.#ended) trickle(this.#id, candidates).catch(() => {});
  }

  #greet() {
    this.#channel.send(clientReady());
    this.#timers.heartbeat = setInterval(() => this.#channel.readyState === "open" && this.#channel.send(ping()), HEARTBEAT);
  }

  /** @param {RTCPeerConnectionState} state */
  #follow(state) {
    clearTimeout(this.#timers.grace);
    if (state === "connected") {
      clearTimeout(this.#timers.connecting);
      this.#timers.quality ??= setInterval(() => this.#measure(), SAMPLING);
      this.#tell(this.connected ? "recovered" : "connected");
      this.connected = true;
    } else if (state === "disconnected") {
      this.#tell("trouble");
      this.#timers.grace = setTimeout(() => this.#end("dropped"), GRACE);
    } else if (state === "failed") {
      this.#end(this.connected ? "dropped" : "unreachable");
    }
  }

  async #measure() {
    const report = await this.#peer.getStats().catch(() => new Map());
    const now = { lost: 0, received: 0, delay: /** @type {number|null} */ (null) };
    for (const entry of report.values()) {
      if (entry.type === "inbound-rtp" && entry.kind === "audio") {
        now.lost = entry.packetsLost ?? 0;
        now.received = entry.packetsReceived ?? 0;
      }
      if (entry.type === "candidate-pair" && entry.nominated) now.delay = entry.currentRoundTripTime ?? null;
    }
    const received = now.received - this.#last.received;
    const lost = Math.max(0, now.lost - this.#last.lost);
    this.#last = now;
    if (!this.#ended) this.#tell("quality", judge(now.delay, received + lost > 0 ? lost / (received + lost) : null));
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #close() {
    this.#ended = true;
    for (const timer of Object.values(this.#timers)) clearInterval(timer); // clears timeouts just as well
    this.#channel.onclose = null;
    this.#peer.close();
  }

  /** @param {"hung-up"|"dropped"|"unreachable"|"closed"} reason */
  #end(reason) {
    if (this.#ended) return;
    this.#close();
    if (this.#id) endCall(this.#id).catch(() => {}); // the server finds out by itself when this gets lost
    this.#tell("ended", reason);
  }
}

/** @param {number|null} delay s, round trip @param {number|null} lost 0..1 @returns {Quality} */
export function judge(delay, lost) {
  if (delay === null && lost === null) return { level: "unknown", delay, lost };
  const late = delay ?? 0;
  const gone = lost ?? 0;
  const level = late > 0.4 || gone > 0.08 ? "poor" : late > 0.2 || gone > 0.02 ? "fair" : "good";
  return { level, delay, lost };
}

/** Resolves when all local candidates are known, or after `limit` ms. @param {RTCPeerConnection} peer @param {number} limit */
function gathered(peer, limit) {
  return new Promise((resolve) => {
    const check = () => peer.iceGatheringState === "complete" && resolve(undefined);
    peer.addEventListener("icegatheringstatechange", check);
    setTimeout(resolve, limit);
    check();
  });
}
