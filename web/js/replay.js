// A call's stored events as what a drawing needs: stretches of speech, of looking and of expressions, and timed lines.
// Pure. It must not know the DOM, nor where the events come from.

/**
 * @typedef {{kind: string, t: number, [more: string]: any}} Event as GET /sessions/{id}/timeline gives them
 * @typedef {import("./strip.js").Readings} Readings
 * @typedef {import("./captions.js").Line} Line
 * @typedef {import("./api.js").Message} Message
 */

const LONGEST = 1.5; // s that one reading may speak for
const NEGATIVE = 0.6; // as in the report: from these on a moment is one or the other
const POSITIVE = 0.5;

/** Joins readings that say the same into stretches; a hole in them stays a hole. @template T @param {number[]} at s
 * @param {(T|null)[]} values @returns {{t0: number, t1: number, value: T}[]} */
export function stretches(at, values) {
  const found = /** @type {{t0: number, t1: number, value: T}[]} */ ([]);
  values.forEach((value, i) => {
    if (value === null) return;
    const end = Math.min(at[i] + LONGEST, at[i + 1] ?? at[i] + 0.5);
    const last = found.at(-1);
    if (last && last.value === value && at[i] - last.t1 < 0.01) last.t1 = end;
    else found.push({ t0: at[i], t1: end, value });
  });
  return found;
}

/** @param {Event[]} events @returns {Readings} */
export function readingsOf(events) {
  const of = (/** @type {string} */ kind) => events.filter((event) => event.kind === kind);
  const span = (/** @type {Event} */ { t0, t1 }) => ({ t0, t1 });
  const [faces] = of("faces");
  const [shown] = of("expressions");
  const tones = of("tone");
  return {
    seconds: Math.max(0, ...events.map(({ t }) => t), ...events.map(({ t1 }) => t1 ?? 0), faces?.at.at(-1) ?? 0),
    mine: of("utterance").filter(({ t0, t1 }) => t1 > t0).map(span),
    hers: of("persona").map(span),
    pitch: tones.map((tone) => ({ ...span(tone), value: tone.measures.pitch })),
    level: tones.map((tone) => ({ ...span(tone), value: tone.measures.level })),
    gaze: faces?.looking ? stretches(faces.at, faces.looking).map(({ value, ...rest }) => ({ ...rest, on: value })) : [],
    expression: shown ? stretches(shown.at, shown.at.map(polarity(shown))).map(({ value, ...rest }) => ({ ...rest, polarity: value })) : [],
  };
}

/** @param {Event} shown */
const polarity = ({ positive, negative }) => (/** @type {number} */ _, /** @type {number} */ i) =>
  negative[i] >= NEGATIVE ? "부정" : positive[i] >= POSITIVE ? "긍정" : "중립";

/** The session's lines, those of the call with their time in it; others (typed, or of an earlier call) are at -1.
 * @param {Message[]} messages @param {Event[]} events @returns {Line[]} */
export function timedLines(messages, events) {
  const times = new Map();
  for (const { kind, text, t0 } of events) {
    const role = { utterance: "user", persona: "assistant" }[kind];
    if (role) times.set(`${role} ${text}`, [...(times.get(`${role} ${text}`) ?? []), t0]);
  }
  return messages
    .filter(({ role }) => role !== "system")
    .toReversed() // the last of equal lines belongs to the last call
    .map(({ role, content }) => {
      const who = /** @type {"me"|"her"} */ (role === "user" ? "me" : "her");
      return { who, text: content, t: times.get(`${role} ${content}`)?.pop() ?? -1 };
    })
    .reverse();
}
