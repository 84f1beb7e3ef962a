// The last screen: how it went and what was talked about, kept like a café's receipt, and the ways on from here.
// It must not know the call itself, only what is left of it.

import { asText } from "./captions.js";
import { byId, clock, make, saveText } from "./dom.js";
import { inWords, moment } from "./korean.js";
import { ReportView } from "./report-view.js";
import { TEXT } from "./strings.js";
import { Transcript } from "./transcript.js";

/** @typedef {import("./stage.js").Memory} Memory */

const transcript = new Transcript(byId("transcript"));
const report = new ReportView(byId("report"), ({ t0, quote }) => transcript.light(t0, quote));

/** @param {Memory} memory @param {Date} when */
export function showAfter(memory, when) {
  const { persona, lines, seconds, sessionId, analysed, gone } = memory;
  const mine = lines.filter(({ who }) => who === "me").length;
  byId("after-who").textContent = `${persona.name} 님과의 통화`;
  byId("after-title").textContent = mine > 0 ? TEXT.endedWell : TEXT.endedEarly;
  const facts = [
    ["날짜", moment(when)],
    ["통화 시간", inWords(seconds)],
    ["내가 한 말", `${mine}번`],
    [`${persona.name} 님이 한 말`, `${lines.length - mine}번`],
  ];
  byId("after-facts").replaceChildren(...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  transcript.show(lines, persona.name);
  if (analysed) report.follow(sessionId, gone);
  else report.say(TEXT.reportNone);
  byId("save-transcript").hidden = lines.length === 0;
  byId("save-transcript").onclick = () => save(memory, when);
}

/** Nobody looks at the report any more. */
export const leaveAfter = () => report.close();

/** @param {Memory} memory @param {Date} when */
function save({ persona, lines }, when) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const date = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  saveText(asText(lines, persona.name, clock), `데연소-${persona.name}-${date}.txt`);
}
