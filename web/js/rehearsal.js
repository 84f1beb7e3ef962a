// A rehearsal with a persona that is still being written: what is said is answered by the draft as it stands.
// It must not know the form; it asks for the draft when it needs it, and gets null while the draft has faults.

import { tryPersona } from "./api.js";
import { lineElement } from "./captions.js";
import { byId, make } from "./dom.js";
import { TEXT, faultText } from "./strings.js";

/** @typedef {import("./studio-fields.js").Draft} Draft */

const MOST = 60; // lines the server takes

export class Rehearsal {
  #lines = /** @type {{role: "user"|"assistant", text: string}[]} */ ([]);
  #waiting = false;

  /** @param {() => Promise<Draft|null>} draft */
  constructor(draft) {
    this.draft = draft;
    this.log = byId("rehearsal-log");
    byId("rehearsal-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const text = byId("rehearsal-say").value.trim();
      if (text) this.#exchange(text);
    });
    byId("rehearsal-again").addEventListener("click", () => this.begin());
  }

  begin() {
    this.#lines = [];
    this.log.replaceChildren(make("p", { class: "captions-empty" }, TEXT.rehearsalEmpty));
    byId("rehearsal-fault").textContent = "";
  }

  /** @param {string} text */
  async #exchange(text) {
    if (this.#waiting) return;
    this.#waiting = true;
    const problem = await this.#answer(text).catch((fault) => TEXT.rehearsalFailed + faultText(fault).title);
    byId("rehearsal-fault").textContent = problem;
    this.#waiting = false;
    byId("rehearsal-say").focus();
  }

  /** @param {string} text @returns {Promise<string>} what is in the way, or "" */
  async #answer(text) {
    const draft = await this.draft();
    if (!draft) return TEXT.rehearsalFaulty;
    byId("rehearsal-say").value = "";
    if (!this.#lines.length) this.log.replaceChildren();
    const mine = this.#show("user", text, draft.name);
    const dots = this.log.appendChild(make("p", { class: "line interim", "aria-hidden": "true" }));
    this.#scroll();
    try {
      const lines = [...this.#lines, { role: "user", text }].slice(-MOST);
      const said = (await tryPersona(draft, lines)).text;
      this.#lines.push({ role: "user", text }, { role: "assistant", text: said });
      this.#show("assistant", said, draft.name);
      return "";
    } catch (fault) {
      mine.remove();
      byId("rehearsal-say").value = text;
      throw fault;
    } finally {
      dots.remove();
      this.#scroll();
    }
  }

  /** @param {"user"|"assistant"} role @param {string} text @param {string} name */
  #show(role, text, name) {
    return this.log.appendChild(lineElement({ who: role === "user" ? "me" : "her", text, t: 0 }, name));
  }

  #scroll() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}
