// What both sides said, as lines: a pure reduction of the call's messages, and the view that shows it.
// It must not know the call, the clock or the portrait.

import { byId, make } from "./dom.js";
import { TEXT } from "./strings.js";

/**
 * @typedef {{who: "me"|"her", text: string, t: number, cut?: boolean}} Line
 *   t in s of call time; cut: the person broke in
 */

/** The conversation so far. */
export class Conversation {
  /** @type {Line[]} */
  lines = [];
  /** What the person is saying right now: "" for nothing, null for something not yet recognised. @type {string|null} */
  interim = "";
  #reply = /** @type {Line|null} */ (null); // her line that her next sentence goes on with
  #onset = NaN; // s, when the person last began to speak

  /**
   * @param {import("./rtvi.js").Message} message @param {number} now s since the call was connected, for messages without a time
   * @returns {boolean} whether something changed
   */
  take({ type, data }, now) {
    const t = typeof data.t === "number" ? data.t : now;
    const text = typeof data.text === "string" ? data.text.trim() : "";
    switch (type) {
      case "user-started-speaking":
        this.#onset = t;
        this.interim ||= null;
        return true;
      case "user-stopped-speaking": // what it was follows, or it was only a cough
        this.interim ||= "";
        return true;
      case "user-transcription":
        this.interim = data.final ? "" : text;
        if (data.final && text) this.#add("me", text, this.#onset || t);
        return true;
      case "bot-transcription":
        if (!text) return false;
        if (this.#reply) this.#reply.text += ` ${text}`;
        else this.#reply = this.#add("her", text, t);
        return true;
      case "bot-stopped-speaking":
        return this.#finish(data);
      default:
        return false;
    }
  }

  /** What she was stopped from saying was not heard, and is not kept. @param {{interrupted?: boolean, heard?: unknown}} data */
  #finish({ interrupted, heard }) {
    const line = this.#reply;
    this.#reply = null;
    if (!line || !interrupted || typeof heard !== "string" || heard.trim() === line.text) return false;
    line.text = `${heard.trim()}…`;
    line.cut = true;
    return true;
  }

  /** @param {"me"|"her"} who @param {string} text @param {number} t @returns {Line} */
  #add(who, text, t) {
    const line = { who, text, t };
    this.#reply = null;
    this.lines.push(line);
    return line;
  }
}

/** Shows a Conversation: finished lines in a log that is read aloud, the unfinished one apart from it. */
export class CaptionView {
  /** @param {string} herName */
  constructor(herName) {
    this.herName = herName;
    this.log = byId("captions");
    this.interim = byId("interim");
    this.shown = /** @type {HTMLElement[]} */ ([]);
    this.log.replaceChildren(make("p", { class: "captions-empty" }, TEXT.captionsEmpty));
    this.interim.hidden = true;
  }

  /** @param {Conversation} conversation */
  show(conversation) {
    const { lines, interim } = conversation;
    if (lines.length && !this.shown.length) this.log.replaceChildren();
    for (const line of lines.slice(this.shown.length)) {
      this.shown.push(lineElement(line, this.herName));
      this.log.append(/** @type {HTMLElement} */ (this.shown.at(-1)));
    }
    // The last line may still change: her sentences are added to it, or it is cut where the person broke in.
    const words = this.shown.at(-1)?.querySelector(".words");
    const text = lines.at(-1)?.text ?? "";
    if (words && words.textContent !== text) words.textContent = text;
    this.interim.hidden = interim === "";
    this.interim.textContent = interim ?? "";
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** @param {Line} line @param {string} herName */
export const lineElement = ({ who, text }, herName) =>
  make(
    "p",
    { class: `line ${who === "me" ? "mine" : "hers"}` },
    make("span", { class: "speaker" }, who === "me" ? TEXT.me : herName),
    make("span", { class: "words" }, text),
  );

/** @param {Line[]} lines @param {string} herName @param {(seconds: number) => string} clock @returns {string} plain text */
export const asText = (lines, herName, clock) =>
  lines.map(({ who, text, t }) => `[${clock(t)}] ${who === "me" ? TEXT.me : herName}: ${text}`).join("\n");
