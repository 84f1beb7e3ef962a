// The page of what each persona remembers of the one who asks: every line can be corrected or forgotten, or all of it.
// It must not know how anything is found out or used.

import { changeMemory, correctFact, forgetAll, forgetFact, getMemories, getPortraits } from "./api.js";
import { ask } from "./ask.js";
import { button, byId, clearFault, make, showFault } from "./dom.js";
import { moment } from "./korean.js";
import { TEXT, faultText } from "./strings.js";

/** @typedef {import("./api.js").Remembered} Remembered @typedef {import("./api.js").Fact} Fact */

const portraits = getPortraits();

async function open() {
  clearFault(byId("memory-fault"));
  try {
    const { memories } = await getMemories();
    const known = await portraits;
    byId("memories").replaceChildren(...memories.map((one) => card(one, known.get(one.persona_id))));
    showNone();
  } catch (fault) {
    showFault(byId("memory-fault"), faultText(fault), [{ label: TEXT.retry, run: open }]);
  } finally {
    byId("memories").setAttribute("aria-busy", "false");
  }
}

const showNone = () => (byId("memory-none").hidden = byId("memories").childElementCount > 0);

/** Says it to those who do not see it. @param {string} text */
const say = (text) => (byId("memory-said").textContent = text);

/** Does something to what is kept; says what came of it, or what went wrong. @param {() => Promise<unknown>} what
 * @param {string} done @returns {Promise<boolean>} */
async function change(what, done) {
  clearFault(byId("memory-fault"));
  try {
    await what();
    say(done);
    return true;
  } catch (fault) {
    showFault(byId("memory-fault"), faultText(fault), [{ label: TEXT.retry, run: () => void open() }]);
    return false;
  }
}

/** @param {Remembered} memory @param {string|undefined} portrait @returns {HTMLElement} */
function card(memory, portrait) {
  const { persona_id: id, persona_name: name, intimacy, casual_speech: casual, sessions, facts, summary } = memory;
  const article = make("article", { class: "memory", "aria-label": `${name} 님의 기억`, "data-persona": id });
  const again = (/** @type {Remembered} */ became) => article.replaceWith(card(became, portrait));
  const closeness = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
  closeness.firstElementChild.style.setProperty("--share", String(intimacy / 100));
  const politely = button("존댓말로 돌아가기", () => change(async () => again(await changeMemory(id, { casual_speech: false })), "존댓말로 돌아갔어요."));
  const forget = button("모두 잊어 달라고 하기", async () => {
    if (!(await ask(TEXT.forgetAll)) || !(await change(() => forgetAll(id), `${name} 님이 모두 잊었어요.`))) return;
    article.remove();
    showNone();
    byId("memory-title").focus();
  });
  article.append(
    make(
      "header",
      { class: "memory-head" },
      portrait ? make("img", { src: portrait, alt: "" }) : make("span", { class: "no-portrait" }),
      make(
        "div",
        {},
        make("h2", {}, name),
        make("p", { class: "closeness" }, `친밀도 ${intimacy}`, closeness),
        make("p", {}, `${sessions}번 만났어요 · ${casual ? "서로 반말을 해요" : "서로 존댓말을 해요"}`),
      ),
    ),
    facts.length
      ? make("dl", { class: "facts" }, ...facts.map((fact) => line(id, name, fact, again)))
      : make("p", { class: "summary" }, "아직 따로 기억하는 것은 없어요."),
  );
  if (summary) {
    const erase = button("요약 지우기", () => change(async () => again(await changeMemory(id, { summary: "" })), "요약을 지웠어요."));
    article.append(make("div", { class: "summary" }, make("strong", {}, "지난 이야기"), make("p", {}, summary), erase));
  }
  article.append(make("div", { class: "forget" }, casual && politely, forget));
  return article;
}

/** @param {string} personaId @param {string} name @param {Fact} fact @param {(became: Remembered) => void} again */
function line(personaId, name, { id, label, value, at }, again) {
  const input = make("input", { type: "text", value, maxlength: "80", "aria-label": label, autocomplete: "off" });
  const save = make("button", { type: "submit", class: "button small", hidden: "" }, "고치기");
  const forget = button("잊기", async () => {
    if (!(await change(() => forgetFact(personaId, id), `${label} 하나를 잊었어요.`))) return;
    const next = /** @type {HTMLElement|null} */ ((row.nextElementSibling ?? row.previousElementSibling)?.querySelector("input") ?? null);
    row.remove();
    (next ?? byId("memory-title")).focus();
  });
  forget.setAttribute("aria-label", `${label} ${value} 잊기`);
  input.addEventListener("input", () => (save.hidden = !input.value.trim() || input.value.trim() === value));
  const form = make("form", {}, input, make("span", { class: "buttons" }, save, forget));
  form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (!save.hidden) change(async () => again(await correctFact(personaId, id, input.value.trim())), `${name} 님의 기억을 고쳤어요.`);
  });
  const row = make("div", { class: "fact" }, make("dt", {}, label), make("dd", {}, form, make("p", { class: "hint" }, `${moment(new Date(at))}에 들었어요`)));
  return row;
}

open();
