// One peer connection to the server: offer, trickled candidates, data channel, heartbeat, quality; used once.
// It must not know the DOM, nor that a call may outlive it.
//
// Events (CustomEvent, `detail` in brackets): connected · open (messages can be sent) · voice [MediaStream]
// · message [Message] · quality [Quality] · weak (no answer for the moment) · lost (gone for good, whoever closed it).

import { trickle } from "./api.js";
import { parse, ping } from "./rtvi.js";

/** @typedef {{level: "good"|"fair"|"poor"|"unknown", delay: number|null, lost: number|null}} Quality delay in s, lost 0..1 */
/** @typedef {{microphone: MediaStreamTrack, camera: MediaStreamTrack|null, withCamera: boolean}} Tracks */

const GATHERING = 250; // ms to wait for local candidates before the offer leaves; later ones are trickled
const GRACE = 3_000; // ms a silent connection may take to come back by itself
const HEARTBEAT = 1_000; // ms
const SAMPLING = 2_000; // ms between quality readings

export class Link extends EventTarget {
  #peer;
  #channel;
  #callId = "";
  #closed = false;
  #waiting = /** @type {RTCIceCandidate[]} */ ([]);
  #timers = /** @type {Record<string, number|undefined>} */ ({});
  #counted = { lost: 0, received: 0 };

  /** @param {Tracks} tracks @param {RTCIceServer[]} iceServers */
  constructor({ microphone, camera, withCamera }, iceServers) {
    super();
    this.#peer = new RTCPeerConnection({ iceServers });
    this.#channel = this.#peer.createDataChannel("chat", { ordered: true });
    const streams = [new MediaStream()];
    this.senders = {
      microphone: this.#peer.addTransceiver(microphone, { direction: "sendrecv", streams }).sender,
      camera: withCamera ? this.#peer.addTransceiver(camera ?? "video", { direction: "sendonly", streams }).sender : null,
    };
    this.#peer.ontrack = ({ track }) => this.#tell("voice", new MediaStream([track]));
    this.#peer.onicecandidate = ({ candidate }) => candidate?.candidate && this.#found(candidate);
    this.#peer.onconnectionstatechange = () => this.#follow(this.#peer.connectionState);
    this.#channel.onopen = () => this.#opened();
    this.#channel.onclose = () => this.#lose();
    this.#channel.onmessage = ({ data }) => {
      const message = parse(data);
      if (message) this.#tell("message", message);
    };
  }

  /**
   * Offers itself; the other end's answer makes the connection.
   * @param {(offer: RTCSessionDescription) => Promise<import("./api.js").Answer>} ask
   * @returns {Promise<import("./api.js").Answer>} throws what `ask` throws
   */
  async open(ask) {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    await gathered(this.#peer, GATHERING);
    this.#waiting.length = 0; // those are in the offer already
    const answer = await ask(/** @type {RTCSessionDescription} */ (this.#peer.localDescription));
    if (this.#closed) return answer;
    this.#callId = answer.call_id;
    await this.#peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    this.#sendCandidates();
    return answer;
  }

  /** @param {RTCIceCandidate} candidate */
  #found(candidate) {
    this.#waiting.push(candidate);
    if (this.#callId) this.#timers.trickle ??= setTimeout(() => this.#sendCandidates(), 50);
  }

  #sendCandidates() {
    this.#timers.trickle = undefined;
    const candidates = this.#waiting.splice(0);
    // A candidate that got lost matters only if nothing connects, and then the call says so.
    if (candidates.length && !this.#closed) trickle(this.#callId, candidates).catch(() => {});
  }

  #opened() {
    this.#timers.heartbeat = setInterval(() => this.say(ping()), HEARTBEAT);
    this.#tell("open");
  }

  /** Sends a message; without an open channel it is lost, as it would be on the way. @param {string} message */
  say(message) {
    if (this.#channel.readyState === "open") this.#channel.send(message);
  }

  /** @param {RTCPeerConnectionState} state */
  #follow(state) {
    clearTimeout(this.#timers.grace);
    if (state === "connected") {
      this.#timers.quality ??= setInterval(() => this.#measure(), SAMPLING);
      this.#tell("connected");
    } else if (state === "disconnected") {
      this.#tell("weak");
      this.#timers.grace = setTimeout(() => this.#lose(), GRACE);
    } else if (state === "failed") this.#lose();
  }

  async #measure() {
    const report = await this.#peer.getStats().catch(() => new Map());
    const now = { lost: 0, received: 0 };
    let delay = null;
    for (const entry of report.values()) {
      if (entry.type === "inbound-rtp" && entry.kind === "audio") {
        now.lost = entry.packetsLost ?? 0;
        now.received = entry.packetsReceived ?? 0;
      }
      if (entry.type === "candidate-pair" && entry.nominated) delay = entry.currentRoundTripTime ?? null;
    }
    const received = now.received - this.#counted.received;
    const lost = Math.max(0, now.lost - this.#counted.lost);
    this.#counted = now;
    if (!this.#closed) this.#tell("quality", judge(delay, received + lost > 0 ? lost / (received + lost) : null));
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #lose() {
    if (this.#closed) return;
    this.close();
    this.#tell("lost");
  }

  close() {
    this.#closed = true;
    for (const timer of Object.values(this.#timers)) clearInterval(timer); // clears timeouts just as well
    this.#peer.close();
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
