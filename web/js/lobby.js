// The first screen: who there is to meet, and whether the server is ready.
// It must not know devices or calls; a choice is told to whoever asked.

import { getHealth, getPersonas } from "./api.js";
import { byId, clearFault, make, showFault } from "./dom.js";
import { TEXT, faultText } from "./strings.js";

/** @typedef {import("./api.js").Persona} Persona */

const PATIENCE = 2_000; // ms between looks at a server that is still starting

export const portraitOf = (/** @type {Persona} */ persona) => persona.portrait ?? `/static/portraits/${persona.id}.svg`;

/** @param {Persona} persona @param {(persona: Persona) => void} choose */
function card(persona, choose) {
  const { name, age, job, mbti, personality, hobbies } = persona;
  const picture = make("img", { src: portraitOf(persona), alt: "", width: "300", height: "360", loading: "lazy" });
  const meet = make("button", { type: "button", class: "button primary card-meet" }, `${name} 님 만나기`);
  meet.addEventListener("click", () => choose(persona));
  return make(
    "li",
    { class: "card" },
    make("div", { class: "card-window" }, picture, make("span", { class: "ai-badge" }, "AI 페르소나")),
    make(
      "div",
      { class: "card-words" },
      make("h2", {}, `${name} `, make("small", {}, `${age}세`)),
      make("p", { class: "card-job" }, `${job} · ${mbti}`),
      persona.tagline && make("p", { class: "card-line" }, persona.tagline),
      make("ul", { class: "chips", "aria-label": "성격과 취미" }, ...[...personality, ...hobbies].slice(0, 6).map((word) => make("li", {}, word))),
      meet,
    ),
  );
}

/** Whether answers come from the built-in brain. @param {import("./api.js").Health|null} health */
export const isOffline = (health) => health?.engines?.llm === "offline";

/**
 * Fills the lobby; again and again while the server starts, once more on the person's wish when it failed.
 * @param {(persona: Persona) => void} choose @returns {Promise<Persona[]>} who is there
 */
export async function openLobby(choose) {
  const list = byId("personas");
  const fault = byId("lobby-fault");
  const note = byId("offline-note");
  list.setAttribute("aria-busy", "true");
  try {
    const [{ personas }, health] = await Promise.all([getPersonas(), getHealth().catch(() => null)]);
    clearFault(fault);
    list.classList.toggle("alone", personas.length === 1);
    list.replaceChildren(...personas.map((persona) => card(persona, choose)));
    const starting = health?.status === "starting";
    note.textContent = starting ? TEXT.starting : TEXT.offlineLobby;
    note.hidden = !starting && !isOffline(health);
    if (starting) setTimeout(() => openLobby(choose), PATIENCE);
    return personas;
  } catch (cause) {
    list.replaceChildren();
    showFault(fault, faultText(cause), [{ label: TEXT.retry, run: () => openLobby(choose) }]);
    return [];
  } finally {
    list.setAttribute("aria-busy", "false");
  }
}
