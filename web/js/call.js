// One call from ringing to its end. When its link breaks (another Wi-Fi, a tunnel) it takes a new one and goes on.
// It must not know the DOM, nor how a link works; it is ended exactly once.
//
// Events (CustomEvent, `detail` in brackets): connected · open (she can be told that one is ready, and should be)
// · voice [MediaStream] · message [Message] · quality [Quality] · trouble (the link is weak or gone) · recovered · ended ["hung-up" | "dropped" | "unreachable" | "closed"].

import { ApiFault, endCall, getIceServers, placeCall, resumeCall } from "./api.js";
import { Link } from "./link.js";
import { clientReady, devices } from "./rtvi.js";

const CONNECTING = 15_000; // ms; the server gives up then too
const RESUMING = 12_000; // ms the server keeps a call whose peer was lost
const PAUSE = 800; // ms between two tries

const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Call extends EventTarget {
  #link = /** @type {Link|null} */ (null);
  #tracks;
  #id = "";
  #token = "";
  #iceServers = /** @type {RTCIceServer[]} */ ([]);
  #connected = false;
  #ready = false; // she was told; a new link tells it by itself
  #troubled = false;
  #ended = false;
  #deadline = 0; // timer: no connection by then, no call

  /** @param {string} personaId @param {MediaStream} stream one microphone track, at most one camera track */
  constructor(personaId, stream) {
    super();
    this.personaId = personaId;
    this.sessionId = "";
    /** Once the server knows that the call is over. @type {Promise<unknown>} */
    this.gone = Promise.resolve();
    const [microphone] = stream.getAudioTracks();
    const camera = stream.getVideoTracks()[0] ?? null;
    /** @type {import("./link.js").Tracks} */
    this.#tracks = { microphone, camera, withCamera: camera !== null };
  }

  /** Whether the offer had a picture in it; without one no camera can join later. */
  get withCamera() {
    return this.#tracks.withCamera;
  }

  /** What is being sent now. */
  get tracks() {
    return this.#tracks;
  }

  /** Sends this track from now on. @param {"microphone"|"camera"} which @param {MediaStreamTrack|null} track */
  async send(which, track) {
    this.#tracks = { ...this.#tracks, [which]: track };
    await this.#link?.senders[which]?.replaceTrack(track);
    if (which === "microphone" && track) this.say(devices(track));
  }

  /** Places the call; throws ApiFault when the server refuses it. */
  async place() {
    this.#iceServers = await getIceServers().catch(() => []); // what is wrong, the offer will be told too
    if (this.#ended) return;
    try {
      const answer = await this.#newLink().open((offer) => placeCall(offer, this.personaId));
      this.#remember(answer);
    } catch (fault) {
      if (!this.#ended) this.#close();
      throw fault;
    }
    if (this.#ended) this.#sayGoodbye(); // hung up while it rang
    else if (!this.#connected) this.#deadline = setTimeout(() => this.#end("unreachable"), CONNECTING);
  }

  hangUp() {
    this.#end("hung-up");
  }

  /** She may begin. */
  ready() {
    this.#ready = true;
    this.say(clientReady());
    this.say(devices(this.#tracks.microphone));
  }

  /** @param {string} message made by rtvi.js */
  say(message) {
    this.#link?.say(message);
  }

  /** @param {import("./api.js").Answer} answer */
  #remember(answer) {
    this.#id = answer.call_id;
    this.#token = answer.resume_token;
    this.sessionId = answer.session_id;
  }

  #newLink() {
    this.#link?.close();
    const link = new Link(this.#tracks, this.#iceServers);
    this.#link = link;
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ run) =>
      link.addEventListener(type, (event) => {
        if (link === this.#link && !this.#ended) run(/** @type {CustomEvent} */ (event).detail);
      });
    on("connected", () => this.#begin());
    on("open", () => (this.#ready ? this.ready() : this.#tell("open")));
    on("weak", () => this.#worry());
    on("lost", () => (this.#connected ? this.#resume() : this.#end("unreachable")));
    for (const type of ["voice", "message", "quality"]) on(type, (detail) => this.#tell(type, detail));
    return link;
  }

  #begin() {
    clearTimeout(this.#deadline);
    this.#deadline = 0;
    if (!this.#connected) this.#tell("connected");
    else if (this.#troubled) this.#tell("recovered");
    this.#connected = true;
    this.#troubled = false;
  }

  #worry() {
    if (!this.#troubled) this.#tell("trouble");
    this.#troubled = true;
  }

  /** The same call over a new link, for as long as the server keeps it. */
  async #resume() {
    this.#worry();
    this.#deadline ||= setTimeout(() => this.#end("dropped"), RESUMING); // since the first loss, whatever is tried
    while (!this.#ended) {
      try {
        this.#remember(await this.#newLink().open((offer) => resumeCall(offer, this.#token)));
        return; // connected or lost again: the link will say
      } catch (fault) {
        if (fault instanceof ApiFault && fault.status >= 400 && fault.status < 500) return this.#end("closed");
      }
      await wait(PAUSE);
    }
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #sayGoodbye() {
    if (this.#id) this.gone = endCall(this.#id).catch(() => {}); // the server finds out by itself when this gets lost
  }

  #close() {
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#link?.close();
  }

  /** @param {"hung-up"|"dropped"|"unreachable"|"closed"} reason */
  #end(reason) {
    if (this.#ended) return;
    this.#close();
    this.#sayGoodbye();
    this.#tell("ended", reason);
  }
}
