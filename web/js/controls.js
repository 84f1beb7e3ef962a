// The call's buttons and their keys: microphone, camera, captions, hang up.
// It must not know the call; each press is told to whoever asked.

import { byId } from "./dom.js";

/** @typedef {{microphone: (on: boolean) => void, camera: (on: boolean) => void, captions: (on: boolean) => void, hangUp: () => void}} Presses */

/** @type {Record<string, string>} */
const IDS = { microphone: "toggle-mic", camera: "toggle-camera", captions: "toggle-captions", hangUp: "hang-up" };
/** By the key's place, so that a Korean layout makes no difference. @type {Record<string, keyof Presses>} */
const KEYS = { KeyM: "microphone", KeyV: "camera", KeyC: "captions" };

export class Controls {
  #abort = new AbortController();

  /** @param {Presses} presses */
  constructor(presses) {
    this.presses = presses;
    const { signal } = this.#abort;
    for (const [name, id] of Object.entries(IDS)) {
      byId(id).addEventListener("click", () => this.#press(/** @type {keyof Presses} */ (name)), { signal });
    }
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  /** @param {"microphone"|"camera"|"captions"} name @param {boolean} on */
  set(name, on) {
    byId(IDS[name]).setAttribute("aria-pressed", String(on));
  }

  /** @param {"microphone"|"camera"|"captions"} name @param {string} why */
  disable(name, why) {
    const element = byId(IDS[name]);
    element.disabled = true;
    element.title = why;
  }

  /** @param {keyof Presses} name */
  #press(name) {
    if (name === "hangUp") return this.presses.hangUp();
    const element = byId(IDS[name]);
    if (element.disabled) return;
    const on = element.getAttribute("aria-pressed") !== "true";
    this.set(name, on);
    this.presses[name](on);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/** @type {HTMLElement} */ (event.target).closest?.("input, textarea, select")) return;
    if (event.shiftKey && event.code === "KeyH") return this.presses.hangUp();
    if (!event.shiftKey && KEYS[event.code]) this.#press(KEYS[event.code]);
  }

  /** Only hanging up makes sense now. */
  rest() {
    for (const name of ["microphone", "camera", "captions"]) byId(IDS[name]).disabled = true;
  }

  close() {
    this.#abort.abort();
    for (const id of Object.values(IDS)) byId(id).disabled = false;
  }
}
