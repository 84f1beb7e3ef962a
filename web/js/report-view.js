// Waits for a session's report and shows it where it belongs: being made, there, too little to say, or not to be had.
// It must not know what a report says (report.js) nor which screen it is on.

import { ApiFault, getFeedback } from "./api.js";
import { button, make } from "./dom.js";
import { reportElement } from "./report.js";
import { TEXT, faultText } from "./strings.js";

const PAUSE = 2_000; // ms between two looks at a call that the server still holds open
const PATIENCE = 45_000; // ms

export class ReportView {
  #turn = 0; // counts what is followed, so that an answer to an older question is dropped

  /** @param {HTMLElement} place @param {(moment: import("./report.js").Seen) => void} choose */
  constructor(place, choose) {
    this.place = place;
    this.choose = choose;
    this.status = make("p", { class: "visually-hidden", role: "status" }); // for those who do not see it appear
    place.before(this.status);
  }

  /** @param {string} sessionId @param {Promise<unknown>} [over] not before this is the call at its end
   * @returns {Promise<import("./report.js").Feedback|null>} what is shown, if anything */
  async follow(sessionId, over) {
    const turn = ++this.#turn;
    const end = performance.now() + PATIENCE;
    this.place.replaceChildren(make("p", { class: "making" }, TEXT.reportMaking));
    this.status.textContent = TEXT.reportMaking;
    await over;
    for (;;) {
      const { feedback, problem } = await look(sessionId);
      if (turn !== this.#turn) return null;
      if (feedback) this.#reveal(feedback);
      else if (problem) this.#giveUp(sessionId, problem);
      else if (performance.now() > end) this.#giveUp(sessionId, TEXT.reportMissing);
      else {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        if (turn === this.#turn) continue;
      }
      return feedback;
    }
  }

  /** @param {import("./report.js").Feedback} feedback */
  #reveal(feedback) {
    this.place.replaceChildren(reportElement(feedback, this.choose));
    this.status.textContent = TEXT.reportMade;
  }

  /** There is none, and why. @param {string} text */
  say(text) {
    this.#turn += 1;
    this.place.replaceChildren(make("p", { class: "hint" }, text));
  }

  /** @param {string} sessionId @param {string} problem */
  #giveUp(sessionId, problem) {
    this.place.replaceChildren(make("p", { class: "hint" }, problem), button(TEXT.retry, () => this.follow(sessionId)));
  }

  close() {
    this.#turn += 1;
    this.place.replaceChildren();
  }
}

/** What the server has: a report, nothing yet, or a problem. @param {string} sessionId
 * @returns {Promise<{feedback: import("./report.js").Feedback|null, problem: string}>} */
async function look(sessionId) {
  try {
    return { feedback: (await getFeedback(sessionId)).feedback, problem: "" };
  } catch (fault) {
    if (!(fault instanceof ApiFault)) throw fault;
    if (fault.code === "call_under_way") return { feedback: null, problem: "" };
    return { feedback: null, problem: fault.code === "no_feedback" ? TEXT.reportNone : faultText(fault).title };
  }
}
