// The studio: one's own personas as a list, and the making of one: begin, write, rehearse, save, call, delete.
// It must not know how a form is drawn (studio-form.js), nor what makes a draft right: the server says so.

import { addPersona, changePersona, checkPersona, deletePersona, getChoices, getPersonaFile, getPersonas, makeDraft } from "./api.js";
import { ask } from "./ask.js";
import { byId, clearFault, make, showFault } from "./dom.js";
import { Rehearsal } from "./rehearsal.js";
import { TEXT, faultText } from "./strings.js";
import { PersonaForm } from "./studio-form.js";
import { sections } from "./studio-fields.js";

/** @typedef {import("./api.js").Persona} Persona @typedef {import("./studio-fields.js").Draft} Draft */

const PAUSE = 500; // ms without a key before the draft is looked over

/** @param {string} id the place for the fault @param {unknown} fault @param {() => void} again */
const tellFault = (id, fault, again) => showFault(byId(id), faultText(fault), [{ label: TEXT.retry, run: again }]);

// ── the list ────────────────────────────────────────────────────────────────────────────────────────────────────────
async function showList() {
  byId("mine").hidden = false;
  clearFault(byId("mine-fault"));
  try {
    const own = (await getPersonas()).personas.filter((persona) => persona.own);
    byId("mine-list").replaceChildren(...own.map(item));
    byId("mine-none").hidden = own.length > 0;
  } catch (fault) {
    tellFault("mine-fault", fault, showList);
  }
}

/** @param {Persona} persona */
const item = ({ id, name, age, job, portrait }) =>
  make(
    "li",
    { class: "session" },
    make("img", { src: portrait ?? "", alt: "", width: "56", height: "56" }),
    make("a", { href: `/studio/${encodeURIComponent(id)}` }, make("strong", {}, name), make("span", { class: "hint" }, `${age}세 · ${job}`)),
    make("span"),
    make("a", { class: "button small over", href: `/?persona=${encodeURIComponent(id)}`, "aria-label": `${name} 님 만나기` }, "만나기"),
  );

// ── a new one begins with three answers ──────────────────────────────────────────────────────────────────────────────
function showBeginning() {
  byId("beginning").hidden = false;
  byId("beginning-form").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    clearFault(byId("beginning-fault"));
    const about = { name: byId("new-name").value.trim(), gender: byId("new-gender").value, description: byId("new-about").value.trim() };
    const missing = [["new-name", about.name], ["new-about", about.description]].find(([, text]) => !text);
    if (missing) return byId(missing[0]).focus();
    try {
      const draft = await makeDraft({ id: newId(), ...about });
      byId("beginning").hidden = true;
      await showStudio(draft, true);
    } catch (fault) {
      showFault(byId("beginning-fault"), faultText(fault));
    }
  });
}

/** An address for it that nobody has to think of. */
const newId = () => `p-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;

// ── writing it ──────────────────────────────────────────────────────────────────────────────────────────────────────
/** @param {Draft} draft @param {boolean} isNew */
async function showStudio(draft, isNew) {
  const [choices, { personas }] = await Promise.all([getChoices(), getPersonas()]);
  const whose = new Map(personas.map(({ id, name }) => [id, name]));
  const portraits = Object.fromEntries([["", "어울리는 그림"], ...choices.portraits.map((id) => [id, `${whose.get(id) ?? id} 님의 그림`])]);
  let unsaved = isNew;
  let waiting = 0;
  let looked = 0; // counts looks, so that an older answer is dropped

  const look = async (all = false) => {
    clearTimeout(waiting);
    const turn = ++looked;
    byId("studio-said").textContent = TEXT.studioChecking;
    const { valid, faults } = await checkPersona(form.draft);
    if (turn === looked) {
      form.tell(faults, all);
      const places = new Set(faults.map(({ field }) => field)).size;
      byId("studio-said").textContent = valid ? (unsaved ? TEXT.studioFine : "") : `고칠 곳이 ${places}군데 있어요.`;
    }
    return valid;
  };
  const form = new PersonaForm(byId("persona-form"), sections(choices, portraits), () => {
    unsaved = true;
    dress();
    clearTimeout(waiting);
    waiting = setTimeout(() => look().catch(() => (byId("studio-said").textContent = "")), PAUSE);
  });
  const dress = () => {
    const { portrait, gender, name } = form.draft;
    const fitting = /** @type {Record<string, string>} */ ({ female: "haneul", male: "jiho", other: "seoa" });
    byId("rehearsal-portrait").src = `/static/portraits/${portrait || fitting[gender]}.svg`;
    byId("studio-title").textContent = name || TEXT.studioNew;
  };
  const saved = () => {
    unsaved = false;
    isNew = false;
    byId("studio-said").textContent = TEXT.studioSaved;
    byId("studio-call").href = `/?persona=${encodeURIComponent(form.draft.id)}`;
    byId("studio-call").hidden = byId("studio-delete").hidden = false;
    history.replaceState(null, "", `/studio/${encodeURIComponent(form.draft.id)}`);
  };
  const save = async () => {
    clearFault(byId("studio-fault"));
    try {
      if (!(await look(true))) return;
      await (isNew ? addPersona(form.draft) : changePersona(form.draft));
      saved();
    } catch (fault) {
      tellFault("studio-fault", fault, save);
    }
  };
  const remove = async () => {
    if (!(await ask(TEXT.forgetPersona))) return;
    try {
      await deletePersona(form.draft.id);
      unsaved = false;
      location.assign("/studio");
    } catch (fault) {
      tellFault("studio-fault", fault, remove);
    }
  };

  byId("studio").hidden = false;
  form.show(draft);
  dress();
  new Rehearsal(async () => ((await look(true)) ? form.draft : null)).begin();
  byId("persona-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => event.preventDefault());
  byId("studio-save").addEventListener("click", save);
  byId("studio-delete").addEventListener("click", remove);
  addEventListener("beforeunload", (event) => unsaved && event.preventDefault());
  if (!isNew) {
    saved();
    byId("studio-said").textContent = "";
  } else byId("studio-said").textContent = TEXT.studioUnsaved;
  byId("studio-title").focus({ preventScroll: true });
}

/** @param {string} id */
async function edit(id) {
  clearFault(byId("mine-fault"));
  try {
    await showStudio(await getPersonaFile(id), false);
  } catch (fault) {
    byId("mine").hidden = false;
    tellFault("mine-fault", fault, () => edit(id));
  }
}

const wanted = decodeURIComponent(location.pathname.split("/")[2] ?? "");
if (!wanted) showList();
else if (wanted === "new") showBeginning();
else edit(wanted);
