// The last screen: what was talked about, kept like a café's receipt, and the ways on from here.
// It must not know the call itself, only what is left of it.

import { asText, lineElement } from "./captions.js";
import { byId, clock, make } from "./dom.js";
import { TEXT } from "./strings.js";

/** @typedef {import("./stage.js").Memory} Memory */

/** @param {number} seconds @returns {string} */
function inWords(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}초` : `${Math.floor(whole / 60)}분 ${whole % 60}초`;
}

/** @param {Memory} memory @param {Date} when */
export function showAfter(memory, when) {
  const { persona, lines, seconds } = memory;
  const mine = lines.filter(({ who }) => who === "me").length;
  byId("after-who").textContent = `${persona.name} 님과의 통화`;
  byId("after-title").textContent = mine > 0 ? TEXT.endedWell : TEXT.endedEarly;
  const facts = [
    ["날짜", when.toLocaleString("ko-KR", { month: "long", day: "numeric", hour: "numeric", minute: "2-digit" })],
    ["통화 시간", inWords(seconds)],
    ["내가 한 말", `${mine}번`],
    [`${persona.name} 님이 한 말`, `${lines.length - mine}번`],
  ];
  byId("after-facts").replaceChildren(...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  byId("transcript").replaceChildren(
    ...(lines.length ? lines.map((line) => lineElement(line, persona.name)) : [make("p", { class: "hint" }, TEXT.nothingSaid)]),
  );
  byId("save-transcript").hidden = lines.length === 0;
  byId("save-transcript").onclick = () => save(memory, when);
}

/** @param {Memory} memory @param {Date} when */
function save({ persona, lines }, when) {
  const url = URL.createObjectURL(new Blob([asText(lines, persona.name, clock)], { type: "text/plain;charset=utf-8" }));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const date = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  make("a", { href: url, download: `데연소-${persona.name}-${date}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
