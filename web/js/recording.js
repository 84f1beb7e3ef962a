// The recording of a past call: asked for, fetched with its progress, played, sought in, and deleted by who it shows.
// It must not know the report; a moment to go to is told by whoever has it.

import { deleteRecording, fetchRecording, getRecordings } from "./api.js";
import { ask } from "./ask.js";
import { button, clock, make, showFault } from "./dom.js";
import { RECORDING, faultText } from "./strings.js";

/** @typedef {import("./api.js").Recording} Recording */

const BEFORE = 1; // s before a moment from which it is played

export class Player {
  #parts = /** @type {{about: Recording, media: HTMLMediaElement|null, box: HTMLElement}[]} */ ([]);

  /** @param {HTMLElement} section hidden where there is nothing to play @param {HTMLElement} place @param {string} sessionId */
  constructor(section, place, sessionId) {
    this.section = section;
    this.place = place;
    this.sessionId = sessionId;
  }

  /** Shows what there is of a call. @param {string} callId */
  async show(callId) {
    const { recordings } = await getRecordings(this.sessionId);
    this.#parts = recordings.filter(({ call_id: of }) => of === callId).map((about) => ({ about, media: null, box: make("div", { class: "film" }) }));
    this.section.hidden = this.#parts.length === 0;
    if (this.section.hidden) return;
    for (const part of this.#parts) this.#offer(part);
    const until = this.#parts[0].about.expires_at;
    const days = until && make("p", { class: "hint" }, RECORDING.until(new Date(until).toLocaleDateString("ko-KR", { month: "long", day: "numeric" })));
    this.fault = make("div", { role: "alert" });
    this.place.replaceChildren(...this.#parts.map(({ box }) => box), days || "", this.fault, button(RECORDING.forget, () => this.#forget(), "button small"));
  }

  /** Plays the moment at `t` (s of call time), where it is recorded and loaded. @param {number} t */
  seek(t) {
    const part = this.#parts.findLast(({ about, media }) => media && about.begins <= t + BEFORE);
    if (!part?.media) return;
    part.media.currentTime = Math.max(0, t - part.about.begins - BEFORE);
    part.media.play().catch(() => {}); // the controls are there
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    part.media.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  }

  /** @param {{about: Recording, media: HTMLMediaElement|null, box: HTMLElement}} part */
  #offer(part) {
    const { seconds, size, begins } = part.about;
    const facts = [begins > 1 ? RECORDING.from(clock(begins)) : "", seconds === null ? RECORDING.cut : clock(seconds), size ? megabytes(size) : ""];
    const load = button(RECORDING.load, () => this.#load(part), "button dial");
    part.box.replaceChildren(load, make("p", { class: "hint" }, facts.filter(Boolean).join(" · ")));
  }

  /** @param {{about: Recording, media: HTMLMediaElement|null, box: HTMLElement}} part */
  async #load(part) {
    const bar = make("progress", { max: "1", "aria-label": RECORDING.loading });
    part.box.replaceChildren(make("p", { class: "hint" }, RECORDING.loading), bar);
    try {
      const blob = await fetchRecording(this.sessionId, part.about.id, (share) => (bar.value = share));
      const video = part.about.media_type.startsWith("video");
      const media = make(video ? "video" : "audio", { controls: "", playsinline: "", preload: "metadata", "aria-label": RECORDING.label });
      media.src = URL.createObjectURL(blob);
      media.addEventListener("play", () => toBothEars(media), { once: true });
      part.media = media;
      part.box.replaceChildren(media);
      media.focus();
    } catch (fault) {
      this.#offer(part);
      showFault(part.box.appendChild(make("div", { role: "alert" })), faultText(fault));
    }
  }

  async #forget() {
    if (!(await ask(RECORDING.ask))) return;
    try {
      await deleteRecording(this.sessionId);
      for (const { media } of this.#parts) if (media) URL.revokeObjectURL(media.src);
      this.#parts = [];
      this.place.replaceChildren(make("p", { class: "hint", role: "status" }, RECORDING.forgotten));
    } catch (fault) {
      if (this.fault) showFault(this.fault, faultText(fault));
    }
  }
}

/** The person is on the left and the persona on the right; who listens should hear both with both ears.
 * @param {HTMLMediaElement} media */
function toBothEars(media) {
  const context = new AudioContext();
  const both = new GainNode(context, { channelCount: 1, channelCountMode: "explicit", gain: 1.6 });
  context.createMediaElementSource(media).connect(both).connect(context.destination);
}

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
