// The coach during a call: the running scores and the latest readings, quietly, in a card that opens and closes.
// `Readings` is a pure reduction of the call's messages; the card shows it at most twice a second. It must not know the
// call, nor interrupt it: tips are notices of the stage.

import { byId, make } from "./dom.js";
import { keep, kept } from "./kept.js";
import { NAMES, sureness, whyNot } from "./metrics.js";

/**
 * @typedef {{value: number|null, confidence: number, reason: string|null}} Score
 * @typedef {{label: string, value: string|null, why: string, share?: number|null}} Row what is read now: a text, or null and why not;
 *   share 0..1 draws a bar
 */

const REST = 500; // ms between two drawings
const SHOWN = ["likability", "initiative", "tone", "concentration"];
export const GATE = "AI와 대화를 2회 이상 나누면 자동으로 분석이 시작됩니다.";
const FACES = /** @type {Record<string, string>} */ ({ 긍정: "밝아요", 중립: "차분해요", 부정: "조금 굳었어요" });
const MOODS = /** @type {Record<string, string>} */ ({ 긍정: "기분 좋은 말", 중립: "담담한 말", 부정: "무거운 말" });
const PROBLEMS = /** @type {Record<string, string>} */ ({
  no_face: "얼굴이 보이지 않아요",
  face_too_small: "얼굴이 작게 보여요",
  face_cut_off: "얼굴이 화면 밖으로 나갔어요",
});

/** What is known of the call so far. */
export class Readings {
  feedback = /** @type {any} */ (null);
  #face = /** @type {any} */ (null);
  #tone = /** @type {any} */ (null);
  #words = /** @type {any} */ (null);

  /** @param {boolean} withCamera whether a picture is sent at all */
  constructor(withCamera) {
    this.withCamera = withCamera;
  }

  /** @param {import("./rtvi.js").Message} message @returns {boolean} whether something changed */
  take({ type, data }) {
    if (type === "server:feedback") this.feedback = data;
    else if (type === "server:face") this.#face = data;
    else if (type === "server:tone") this.#tone = data;
    else if (type === "server:words") this.#words = data;
    else return false;
    return true;
  }

  /** Before the second turn nothing is claimed. */
  get waiting() {
    return !this.feedback || this.feedback.status === "waiting";
  }

  /** @returns {[string, Score][]} */
  get scores() {
    const missing = { value: null, confidence: 0, reason: "too_few_turns" };
    return SHOWN.map((name) => [name, this.feedback?.scores?.[name] ?? missing]);
  }

  /** @returns {Score|null} */
  get total() {
    return this.feedback?.scores?.total_score ?? null;
  }

  /** @returns {Row[]} */
  get rows() {
    return [this.#pace(), this.#share(), this.#gaze(), this.#expression(), this.#mood()];
  }

  /** @returns {Row} */
  #pace() {
    const rate = this.#tone?.measures?.rate;
    if (typeof rate !== "number") return { label: "말 빠르기", value: null, why: whyNot(this.#tone?.scores?.rate?.reason ?? "too_little_speech") };
    const feel = rate < 3.3 ? "느긋해요" : rate > 5.6 ? "조금 빨라요" : "듣기 편해요";
    return { label: "말 빠르기", value: `${feel} · 1초 ${rate.toFixed(1)}음절`, why: "" };
  }

  /** @returns {Row} */
  #share() {
    const share = this.feedback?.measures?.talk_share;
    if (typeof share !== "number") return { label: "내가 말한 비율", value: null, why: whyNot("too_few_turns") };
    return { label: "내가 말한 비율", value: `${Math.round(share * 100)}%`, why: "", share };
  }

  /** @returns {Row} */
  #gaze() {
    const looking = this.#face?.looking;
    if (typeof looking !== "boolean") return { label: "시선", value: null, why: this.#unseen() };
    return { label: "시선", value: looking ? "화면을 보고 있어요" : "다른 곳을 보고 있어요", why: "" };
  }

  /** @returns {Row} */
  #expression() {
    const shown = this.#face?.expression;
    if (!shown) return { label: "표정", value: null, why: this.#unseen() };
    const detail = shown.confidence >= 0.5 && shown.label !== "중립" ? ` · ${shown.label} ${Math.round(shown.confidence * 100)}%` : "";
    return { label: "표정", value: `${FACES[shown.polarity] ?? shown.polarity}${detail}`, why: "" };
  }

  /** @returns {Row} */
  #mood() {
    const emotion = this.#words?.emotion;
    if (!emotion?.polarity) return { label: "말의 느낌", value: null, why: whyNot(emotion?.reason ?? "too_few_turns") };
    const detail = emotion.label && emotion.label !== "중립" ? ` · ${emotion.label} ${Math.round(emotion.confidence * 100)}%` : "";
    return { label: "말의 느낌", value: `${MOODS[emotion.polarity]}${detail}`, why: "" };
  }

  #unseen() {
    if (!this.#face) return this.withCamera ? "얼굴을 찾고 있어요" : whyNot("no_camera");
    return PROBLEMS[this.#face.problem] ?? (this.#face.found ? whyNot("too_little_face") : PROBLEMS.no_face);
  }
}

export class CoachCard {
  #readings;
  #waits = false;

  /** @param {boolean} withCamera whether a picture is sent at all */
  constructor(withCamera) {
    this.#readings = new Readings(withCamera);
    this.card = byId("coach");
    this.card.open = kept("coach") ?? innerWidth >= 900;
    this.card.ontoggle = () => keep("coach", this.card.open);
    this.#draw();
  }

  /** @param {import("./rtvi.js").Message} message */
  take(message) {
    if (!this.#readings.take(message) || this.#waits) return;
    this.#waits = true;
    setTimeout(() => {
      this.#waits = false;
      this.#draw();
    }, REST);
  }

  /** Whether anything was measured at all. */
  get spoke() {
    return this.#readings.feedback !== null;
  }

  /** Whether the card tells this notice already. @param {string} code */
  says(code) {
    return code === "waiting" && this.card.open;
  }

  #draw() {
    const { waiting, total, scores, rows } = this.#readings;
    const number = typeof total?.value === "number" ? String(total.value) : "";
    byId("coach-total").textContent = number;
    byId("coach-total").hidden = !number;
    byId("coach-gate").hidden = !waiting;
    byId("coach-gate").textContent = GATE;
    byId("coach-scores").hidden = waiting;
    byId("coach-scores").replaceChildren(...scores.map(([name, score]) => scoreRow(NAMES[name], score)));
    byId("coach-readings").replaceChildren(...rows.map(readingRow));
  }
}

/** @param {string} label @param {Score} score */
function scoreRow(label, { value, confidence, reason }) {
  if (value === null) return make("div", { class: "unmeasured" }, make("dt", {}, label), make("dd", {}, `아직 · ${whyNot(reason)}`));
  return make("div", { title: sureness(confidence).text }, make("dt", {}, label), make("dd", {}, bar(value / 100), String(value)));
}

/** @param {Row} row */
function readingRow({ label, value, why, share }) {
  if (value === null) return make("div", { class: "unmeasured" }, make("dt", {}, label), make("dd", {}, `아직 · ${why}`));
  return make("div", {}, make("dt", {}, label), make("dd", {}, typeof share === "number" && bar(share), value));
}

/** @param {number} share 0..1 */
function bar(share) {
  const drawn = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
  drawn.firstElementChild.style.setProperty("--share", share.toFixed(3));
  return drawn;
}
