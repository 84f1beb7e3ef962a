// A call drawn along its time: who spoke, how high and how loud, where the eyes were, what the face showed, and the
// moments of the report. It must not know where the readings come from; a time that is chosen is told to whoever asked.

import { clock, make } from "./dom.js";
import { draw } from "./trend.js";

/**
 * @typedef {{t0: number, t1: number}} Stretch s of call time
 * @typedef {{seconds: number, mine: Stretch[], hers: Stretch[], pitch: (Stretch & {value: number|null})[],
 *   level: (Stretch & {value: number|null})[], gaze: (Stretch & {on: boolean})[],
 *   expression: (Stretch & {polarity: string})[]}} Readings pitch in semitones of variation, level in dBFS, one a turn
 */

const LEFT = 76; // units of the drawing; a unit is a CSS pixel
const RIGHT = 14;
const LANE = 34;
const TOP = 26;
const LEAST = 520; // width
const PER_SECOND = 4; // width of a long call
const TICKS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800]; // s between two marks
const LANES = ["나", "상대", "높낮이", "크기", "시선", "표정", "순간"];

/**
 * @param {Readings} readings @param {string} herName @param {import("./report.js").Seen[]} moments
 * @param {(t: number, quote?: string|null) => void} choose @returns {HTMLElement}
 */
export function stripElement(readings, herName, moments, choose) {
  const seconds = Math.max(1, readings.seconds);
  const width = Math.max(LEAST, LEFT + RIGHT + seconds * PER_SECOND > 2400 ? 2400 : LEFT + RIGHT + seconds * PER_SECOND);
  const x = (/** @type {number} */ t) => LEFT + (Math.min(seconds, Math.max(0, t)) / seconds) * (width - LEFT - RIGHT);
  const lanes = LANES.filter((lane) => has(lane, readings, moments));
  const y = (/** @type {string} */ lane) => TOP + lanes.indexOf(lane) * LANE;
  const height = TOP + lanes.length * LANE + 4;
  const block = (/** @type {string} */ lane, /** @type {Stretch} */ { t0, t1 }, /** @type {string} */ kind, inset = 7) =>
    draw("rect", { x: x(t0), y: y(lane) + inset, width: Math.max(2, x(t1) - x(t0)), height: LANE - 2 * inset, rx: 4, class: kind });
  const bars = (/** @type {string} */ lane, /** @type {(Stretch & {value: number|null})[]} */ all, low = 0, high = 1) =>
    all.filter(({ value }) => value !== null).map((one) => {
      const share = Math.min(1, Math.max(0.08, (Number(one.value) - low) / (high - low)));
      const tall = (LANE - 8) * share;
      return draw("rect", { x: x(one.t0), y: y(lane) + LANE - 4 - tall, width: Math.max(2, x(one.t1) - x(one.t0)), height: tall, rx: 2, class: `strip-bar` });
    });
  const svg = draw(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, class: "strip-drawing", role: "img", "aria-label": summary(readings, herName) },
    ...ticks(seconds).map((t) => mark(t, x(t), height)),
    ...lanes.map((lane) => draw("text", { x: 0, y: y(lane) + LANE / 2 + 5, class: "strip-lane" }, lane === "상대" ? herName : lane)),
    ...readings.mine.map((one) => block("나", one, "strip-mine")),
    ...readings.hers.map((one) => block("상대", one, "strip-hers")),
    ...bars("높낮이", readings.pitch, 0, 5),
    ...bars("크기", readings.level, -50, -15),
    ...readings.gaze.map((one) => block("시선", one, one.on ? "strip-on" : "strip-off", 11)),
    ...readings.expression.map((one) => block("표정", one, `strip-face ${FACES[one.polarity] ?? ""}`, 11)),
  );
  const pins = moments.map((moment) => pin(moment, x(moment.t0), y("순간"), () => choose(moment.t0, moment.quote)));
  const box = make("div", { class: "strip-inside" }, svg, ...pins);
  box.style.setProperty("--width", `${width}px`);
  svg.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const at = ((event.clientX - svg.getBoundingClientRect().left - LEFT) / (width - LEFT - RIGHT)) * seconds;
    if (at >= 0) choose(at);
  });
  return make("div", {}, make("div", { class: "strip", tabindex: "0", role: "group", "aria-label": "시간 순서로 본 대화" }, box), legend(readings));
}

const FACES = /** @type {Record<string, string>} */ ({ 긍정: "bright", 중립: "calm", 부정: "stiff" });

/** @param {string} lane @param {Readings} readings @param {unknown[]} moments */
function has(lane, { pitch, level, gaze, expression }, moments) {
  if (lane === "높낮이") return pitch.some(({ value }) => value !== null);
  if (lane === "크기") return level.some(({ value }) => value !== null);
  if (lane === "시선") return gaze.length > 0;
  if (lane === "표정") return expression.length > 0;
  return lane !== "순간" || moments.length > 0;
}

/** @param {number} seconds */
function ticks(seconds) {
  const step = TICKS.find((one) => seconds / one <= 8) ?? 3600;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step);
}

/** @param {number} t @param {number} x @param {number} height */
const mark = (t, x, height) =>
  draw(
    "g",
    { class: "strip-tick" },
    draw("line", { x1: x, x2: x, y1: 18, y2: height }),
    draw("text", { x: x + 3, y: 13 }, clock(t)),
  );

/** @param {import("./report.js").Seen} moment @param {number} x @param {number} y @param {() => void} choose */
function pin(moment, x, y, choose) {
  const told = `${clock(moment.t0)} ${moment.quote ? `‘${moment.quote}’ ` : ""}${moment.texts.join(", ")}`;
  const button = make("button", { type: "button", class: `pin ${moment.direction}`, title: told, "aria-label": told });
  button.style.setProperty("--x", `${x}px`);
  button.style.setProperty("--y", `${y + LANE / 2 + (moment.direction === "good" ? -8 : 8)}px`); // two of one time side by side
  button.addEventListener("click", choose);
  return button;
}

/** @param {Readings} readings @param {string} herName */
function summary({ seconds, mine, hers }, herName) {
  const total = (/** @type {Stretch[]} */ all) => Math.round(all.reduce((sum, { t0, t1 }) => sum + t1 - t0, 0));
  return `${clock(seconds)} 동안의 통화. 내가 ${mine.length}번 ${total(mine)}초, ${herName} 님이 ${hers.length}번 ${total(hers)}초 말했어요.`;
}

/** @param {Readings} readings */
function legend({ gaze, expression }) {
  const items = [
    ...(gaze.length ? [["strip-on", "화면을 봄"], ["strip-off", "다른 곳을 봄"]] : []),
    ...(expression.length ? [["strip-face bright", "밝은 표정"], ["strip-face calm", "차분한 표정"], ["strip-face stiff", "굳은 표정"]] : []),
  ];
  if (!items.length) return null;
  return make("ul", { class: "strip-legend" }, ...items.map(([kind, name]) => make("li", {}, make("i", { class: kind }), name)));
}
