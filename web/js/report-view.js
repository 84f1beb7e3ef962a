// Waits for a session's report and shows it where it belongs: being made, there, too little to say, or not to be had.
// It must not know what a report says (report.js) nor which screen it is on.

import { ApiFault, getFeedback } from "./api.js";
import { button, make } from "./dom.js";
import { reportElement } from "./report.js";
import { TEXT, faultText } from "./strings.js";

const PAUSE = 1_000; // ms between two looks
const PATIENCE = 45_000; // ms; a report takes a second, but the call has to be taken down first

export class ReportView {
  #turn = 0; // counts what is followed, so that an answer to an older question is dropped

  /** @param {HTMLElement} place @param {(moment: import("./metrics.js").Moment) => void} choose */
  constructor(place, choose) {
    this.place = place;
    this.choose = choose;
  }

  /** @param {string} sessionId @returns {Promise<import("./report.js").Feedback|null>} what is shown, if anything */
  async follow(sessionId) {
    const turn = ++this.#turn;
    const end = performance.now() + PATIENCE;
    this.place.replaceChildren(make("p", { class: "making" }, TEXT.reportMaking));
    for (;;) {
      let problem = TEXT.reportMissing;
      try {
        const document = await getFeedback(sessionId);
        if (turn !== this.#turn) return null;
        if (document?.feedback) {
          this.place.replaceChildren(reportElement(document.feedback, this.choose));
          return document.feedback;
        }
      } catch (fault) {
        if (turn !== this.#turn) return null;
        const unmade = fault instanceof ApiFault && fault.status === 404;
        if (!unmade) problem = faultText(fault).title;
      }
      if (performance.now() > end) return this.#giveUp(sessionId, problem);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      if (turn !== this.#turn) return null;
    }
  }

  /** There is none, and why. @param {string} text */
  say(text) {
    this.#turn += 1;
    this.place.replaceChildren(make("p", { class: "hint" }, text));
  }

  /** @param {string} sessionId @param {string} problem @returns {null} */
  #giveUp(sessionId, problem) {
    this.place.replaceChildren(make("p", { class: "hint" }, problem), button(TEXT.retry, () => this.follow(sessionId)));
    return null;
  }

  close() {
    this.#turn += 1;
    this.place.replaceChildren();
  }
}
