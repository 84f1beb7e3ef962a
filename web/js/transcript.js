// A call's lines as they are kept, and the light that falls on one of them when its moment is chosen.
// It must not know the report or where the lines come from.

import { lineElement } from "./captions.js";
import { make } from "./dom.js";
import { TEXT } from "./strings.js";

/** @typedef {import("./captions.js").Line} Line */

export class Transcript {
  #lines = /** @type {{t: number, text: string, element: HTMLElement}[]} */ ([]);

  /** @param {HTMLElement} place a scrolling box */
  constructor(place) {
    this.place = place;
  }

  /** @param {Line[]} lines @param {string} herName */
  show(lines, herName) {
    this.#lines = lines.map((line) => ({ t: line.t, text: line.text, element: lineElement(line, herName) }));
    this.place.replaceChildren(
      ...(lines.length ? this.#lines.map(({ element }) => element) : [make("p", { class: "hint" }, TEXT.nothingSaid)]),
    );
  }

  /** Shows what was being said at `t` (s of call time); the line with these words, where they are known.
   * @param {number} t @param {string|null} [quote] */
  light(t, quote = null) {
    const before = this.#lines.filter((line) => line.t <= t + 0.5);
    const said = quote ? this.#lines.filter(({ text }) => text.includes(quote)) : [];
    const nearest = said.sort((a, b) => Math.abs(a.t - t) - Math.abs(b.t - t))[0];
    const chosen = nearest ?? before.at(-1) ?? this.#lines[0];
    if (!chosen) return;
    for (const { element } of this.#lines) element.classList.toggle("lit", element === chosen.element);
    chosen.element.tabIndex = -1;
    chosen.element.focus({ preventScroll: true });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    chosen.element.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  }
}
