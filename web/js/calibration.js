// The quarter of a minute before she speaks: the person looks at her at ease and says one sentence, so that the coach
// knows what is ordinary for this face and this voice. Everything in it can be skipped, and nothing waits for ever.
// It must not know what is measured; the call is told when it begins and ends, and answers what came of it.

import { byId } from "./dom.js";
import { keep, kept } from "./kept.js";
import { calibrate } from "./rtvi.js";
import { LevelMeter } from "./sound.js";
import { TEXT } from "./strings.js";

const VOICE = 0.35; // level that counts as speaking
const SPOKEN = 700; // ms of voice that make a sentence
const PAUSE = 1_300; // ms of silence after it that end it
const LONGEST = 20_000; // ms for all of it
const ANSWER = 5_000; // ms for the server's word on it; it has four seconds itself
const STEP = 100; // ms between two looks at the level

/** Whether the person wants it: yes, until they say no. */
export const isWanted = () => kept("calibration") !== false;

/** @param {boolean} wanted */
export const remember = (wanted) => keep("calibration", wanted);

export class Calibration {
  #answer = /** @type {((data: {state: string, face?: boolean, voice?: boolean}) => void)|null} */ (null);
  #stop = /** @type {(how: "end"|"cancel") => void} */ (() => {});
  #abort = new AbortController();

  /** @param {import("./call.js").Call} call @param {string} herName */
  constructor(call, herName) {
    this.call = call;
    this.panel = byId("calibration");
    byId("calibration-look").textContent = call.tracks.camera ? `${herName} 님을 바라보며 편한 표정을 지어 주세요.` : "";
    byId("calibration-look").hidden = !call.tracks.camera;
  }

  /** @param {import("./rtvi.js").Message} message */
  take({ type, data }) {
    if (type === "answer:calibrate") this.#answer?.(data);
  }

  /** Runs it and says in a sentence what came of it; "" where it was skipped. @returns {Promise<string>} */
  async run() {
    const begun = await this.#ask("begin");
    if (this.#abort.signal.aborted) return "";
    if (begun.state !== "begun") return TEXT.calibrationFailed;
    this.panel.hidden = false;
    byId("stage").classList.add("calibrating");
    byId("calibration-title").focus({ preventScroll: true });
    const how = await this.#sentence();
    if (this.#abort.signal.aborted) return "";
    byId("calibration-hint").textContent = TEXT.calibrationMeasuring;
    const { state, face, voice } = await this.#ask(how);
    this.close();
    if (how === "cancel") return "";
    if (state !== "done") return TEXT.calibrationFailed;
    return face && voice ? TEXT.calibrated : face ? TEXT.calibratedFace : TEXT.calibratedVoice;
  }

  /** Until the sentence was said, or it is ended or skipped by hand. @returns {Promise<"end"|"cancel">} */
  async #sentence() {
    const meter = new LevelMeter(new MediaStream([this.call.tracks.microphone]));
    const { signal } = this.#abort;
    byId("calibration-hint").textContent = TEXT.calibrationSay;
    try {
      return await new Promise((resolve) => {
        this.#stop = resolve;
        byId("calibration-skip").addEventListener("click", () => resolve("cancel"), { signal });
        byId("calibration-done").addEventListener("click", () => resolve("end"), { signal });
        let spoken = 0;
        let quiet = 0;
        const watch = setInterval(() => {
          const heard = meter.read().level > VOICE;
          spoken += heard ? STEP : 0;
          quiet = heard ? 0 : quiet + STEP;
          if (spoken >= SPOKEN) byId("calibration-hint").textContent = TEXT.calibrationHeard;
          if (spoken >= SPOKEN && quiet >= PAUSE) resolve("end");
        }, STEP);
        setTimeout(() => resolve("end"), LONGEST);
        signal.addEventListener("abort", () => clearInterval(watch));
      });
    } finally {
      meter.close();
    }
  }

  /** @param {"begin"|"end"|"cancel"} state @returns {Promise<{state: string, face?: boolean, voice?: boolean}>} */
  #ask(state) {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.call.say(calibrate(state));
      setTimeout(() => resolve({ state: "unanswered" }), ANSWER);
    });
  }

  close() {
    this.panel.hidden = true;
    byId("stage").classList.remove("calibrating");
    this.#abort.abort();
    this.#stop("cancel");
  }
}
