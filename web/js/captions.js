// What both sides said, as lines: a pure reduction of the call's messages, and the view that shows it.
// It must not know the call, the clock or the portrait.

import { byId, make } from "./dom.js";
import { TEXT } from "./strings.js";

/** @typedef {{who: "me"|"her", text: string, t: number}} Line t in s since the call was connected */

/** The conversation so far. */
export class Conversation {
  /** @type {Line[]} */
  lines = [];
  /** What the person is saying right now; it may still change. */
  interim = "";
  #herTurn = false; // whether her next sentence goes on with her last line

  /** @param {import("./rtvi.js").Message} message @param {number} t s @returns {boolean} whether something changed */
  take({ type, data }, t) {
    const text = typeof data.text === "string" ? data.text.trim() : "";
    if (type === "user-transcription") {
      this.interim = data.final ? "" : text;
      if (data.final && text) this.#add("me", text, t);
      return true;
    }
    if (type === "bot-transcription" && text) {
      const last = this.lines.at(-1);
      if (this.#herTurn && last?.who === "her") last.text += ` ${text}`;
      else this.#add("her", text, t);
      this.#herTurn = true;
      return true;
    }
    if (type === "bot-stopped-speaking") this.#herTurn = false;
    return false;
  }

  /** @param {"me"|"her"} who @param {string} text @param {number} t */
  #add(who, text, t) {
    this.lines.push({ who, text, t });
    this.#herTurn = false;
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
    const last = this.shown.at(-1)?.querySelector(".words");
    const text = lines.at(-1)?.text ?? "";
    if (last && last.textContent !== text) last.textContent = text;
    this.interim.hidden = !interim;
    this.interim.textContent = interim;
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
