// The report of one call: its total, the parts with what they rest on, a strength, one thing to try, and the moments.
// It must not know where the report comes from; a moment that is chosen is told to whoever asked.

import { clock, make } from "./dom.js";
import { NAMES, PARTS, momentText, sureness, whyNot } from "./metrics.js";

/**
 * @typedef {import("./metrics.js").Metric} Metric
 * @typedef {Pick<import("./metrics.js").Moment, "t0"|"t1"|"direction"|"quote"> & {texts: string[]}} Seen what a moment showed
 * @typedef {{metric: string, gain: number, text: string}} Highlight
 * @typedef {{status: "ready"|"partial"|"waiting", total_score: number|null, summary: string, metrics: Record<string, Metric>,
 *   measures: Record<string, number>, strength: Highlight|null, improvement: Highlight|null}} Feedback
 */

const MOST_MOMENTS = 10;
const MOST_TEXTS = 3; // of one moment
const EXPRESSIONS = /** @type {Record<string, string>} */ ({ 긍정적: "밝은 편", 중립: "차분한 편", 부정적: "굳은 편" });

/** The report's moments in the order of time; what speaks of the same words is one. @param {Feedback} feedback @returns {Seen[]} */
export function momentsOf({ metrics }) {
  const fused = new Set(["total_score", ...PARTS.filter(([, own]) => own.length).map(([name]) => name)]);
  const found = /** @type {Map<string, Seen>} */ (new Map());
  for (const [name, { evidence }] of Object.entries(metrics)) {
    if (fused.has(name)) continue; // their moments are those of their parts
    for (const moment of evidence ?? []) {
      const key = `${moment.t0} ${moment.direction}`;
      const { t0, t1, direction, quote, texts } = found.get(key) ?? { ...moment, texts: [] };
      const words = (quote?.length ?? 0) >= (moment.quote?.length ?? 0) ? quote : moment.quote;
      found.set(key, { t0, t1, direction, quote: words, texts: [...new Set([...texts, momentText(moment)])] });
    }
  }
  const all = [...found.values()].sort((a, b) => Number(!a.quote) - Number(!b.quote)); // words first, where there is too much
  return all.slice(0, MOST_MOMENTS).sort((a, b) => a.t0 - b.t0);
}

/** @param {Feedback} feedback @param {(moment: Seen) => void} choose @returns {HTMLElement} */
export function reportElement(feedback, choose) {
  const { status, metrics, strength, improvement } = feedback;
  const report = make("div", { class: "report", "data-status": status });
  if (status === "waiting") {
    report.append(make("p", { class: "note" }, feedback.summary));
    return report;
  }
  const moments = momentsOf(feedback);
  report.append(
    total(metrics.total_score),
    make(
      "div",
      { class: "highlights" },
      strength && make("p", { class: "highlight good" }, make("strong", {}, "잘한 점"), strength.text),
      improvement && make("p", { class: "highlight improve" }, make("strong", {}, "다음에 해 볼 점"), improvement.text),
    ),
    make("ul", { class: "scores", "aria-label": "항목별 점수" }, ...PARTS.map(([name, own]) => part(name, own, metrics))),
  );
  report.append(make("p", { class: "hint legend" }, dots(1), "확신도예요. 오래 보고 들을수록 높아져요."));
  if (moments.length) report.append(make("h3", {}, "이 순간을 다시 볼까요?"), momentList(moments, choose));
  return report;
}

/** @param {Metric} metric */
function total({ value, confidence, reason }) {
  const measured = typeof value === "number";
  return make(
    "div",
    { class: "total" },
    make("p", { class: "total-number" }, make("strong", {}, measured ? String(value) : "–"), measured && make("span", {}, "점")),
    make(
      "p",
      { class: "total-words" },
      measured ? "참고용 연습 지표예요" : `아직 총점을 낼 만큼 보고 듣지 못했어요. ${whyNot(reason)}. 아래의 점수는 참고용 연습 지표예요.`,
      measured && dots(confidence),
    ),
  );
}

/** @param {string} name @param {string[]} own @param {Record<string, Metric>} metrics */
function part(name, own, metrics) {
  const metric = metrics[name];
  if (!metric) return null;
  const head = [make("span", { class: "score-name" }, NAMES[name]), ...figure(name, metric)];
  const inner = own.filter((one) => metrics[one]);
  if (!inner.length) return make("li", { class: "score", "data-metric": name }, make("div", { class: "score-head" }, ...head), shares(metric));
  return make(
    "li",
    { class: "score", "data-metric": name },
    make(
      "details",
      {},
      make("summary", { class: "score-head" }, ...head),
      make(
        "ul",
        { class: "subscores" },
        ...inner.map((one) =>
          make("li", { class: "score-head" }, make("span", { class: "score-name" }, NAMES[one] ?? one), ...figure(one, metrics[one])),
        ),
      ),
    ),
  );
}

/** @param {string} name @param {Metric} metric @returns {HTMLElement[]} */
function figure(name, { value, reason, confidence }) {
  if (value === null) return [make("span", { class: "score-missing" }, `아직 못 쟀어요 · ${whyNot(reason)}`)];
  if (typeof value === "string") return [make("span", { class: "score-word" }, EXPRESSIONS[value] ?? value), dots(confidence)];
  const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
  bar.firstElementChild.style.setProperty("--share", String(value / 100));
  return [bar, make("span", { class: "score-value" }, String(value)), dots(confidence)];
}

/** How the face's time was shared; only the expression has it. @param {Metric} metric */
function shares({ shares: found, value, model }) {
  if (!found || value === null) return null;
  const told = Object.entries(found).map(([name, share]) => `${name} ${Math.round(share * 100)}%`);
  return make("p", { class: "hint" }, [...told, model && `읽은 모델 ${model}`].filter(Boolean).join(" · "));
}

/** @param {number} confidence 0..1 */
function dots(confidence) {
  const { level, text } = sureness(confidence);
  return make("span", { class: "sure", "data-level": String(level), role: "img", "aria-label": text, title: text }, make("i"), make("i"), make("i"));
}

/** @param {Seen[]} moments @param {(moment: Seen) => void} choose */
function momentList(moments, choose) {
  const items = moments.map((moment) => {
    const go = make(
      "button",
      { type: "button", class: `moment ${moment.direction}` },
      make("time", {}, clock(moment.t0)),
      make("span", {}, moment.quote && make("q", {}, moment.quote), ...moment.texts.slice(0, MOST_TEXTS).map((text) => make("span", { class: "shows" }, text))),
    );
    go.addEventListener("click", () => choose(moment));
    return make("li", {}, go);
  });
  return make("ol", { class: "moments" }, ...items);
}
