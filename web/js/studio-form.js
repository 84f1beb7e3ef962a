// The form of a persona: draws its sections from their fields, keeps the draft in step, shows each fault where it belongs.
// It must not know the server; every change is told to whoever asked.

import { button, make } from "./dom.js";
import { placeOf, read, toDraft, toText, write } from "./studio-fields.js";

/**
 * @typedef {import("./studio-fields.js").Draft} Draft
 * @typedef {import("./studio-fields.js").Field} Field
 * @typedef {import("./studio-fields.js").Section} Section
 * @typedef {{field: string, hint: string}} Fault
 */

export class PersonaForm {
  #controls = /** @type {Map<string, HTMLElement>} */ (new Map()); // by path
  #touched = /** @type {Set<string>} */ (new Set());
  #faults = /** @type {Fault[]} */ ([]);
  #count = 0; // for ids

  /** @param {HTMLElement} place @param {Section[]} sections @param {() => void} changed */
  constructor(place, sections, changed) {
    this.place = place;
    this.sections = sections;
    this.changed = changed;
    /** @type {Draft} */
    this.draft = {};
  }

  /** @param {Draft} draft */
  show(draft) {
    this.draft = structuredClone(draft);
    this.#touched.clear();
    this.#draw();
  }

  /** Shows what is wrong; with `all`, also where the person has not been yet. @param {Fault[]} faults @param {boolean} [all] */
  tell(faults, all = false) {
    this.#faults = faults;
    if (all) for (const path of this.#controls.keys()) this.#touched.add(path);
    this.#showFaults();
    if (all) this.#goToFirst();
  }

  #draw() {
    this.#controls.clear();
    this.place.replaceChildren(...this.sections.map((section) => this.#section(section)));
    this.#showFaults();
  }

  /** @param {Section} section */
  #section({ title, hint, open, fields, list, item, blank, each }) {
    const inside = make("div", { class: "studio-fields" });
    if (fields) inside.append(...fields.map((field) => this.#field(field, field.path)));
    if (list && each) inside.append(this.#list(list, item ?? "", each, blank));
    const section = make("details", { class: "studio-section" }, make("summary", {}, make("h2", {}, title), make("span", { class: "fault-count", hidden: "" })), hint && make("p", { class: "hint" }, hint), inside);
    section.open = open ?? false;
    return section;
  }

  /** @param {string} path @param {string} item @param {Field[]} each @param {unknown} blank */
  #list(path, item, each, blank) {
    const list = make("div", { class: "studio-list" });
    const redraw = () => {
      list.replaceChildren(...entries(), button(`${item} 더하기`, () => change((all) => all.push(structuredClone(blank)))));
      this.#showFaults();
    };
    const change = (/** @type {(all: any[]) => void} */ edit) => {
      const all = read(this.draft, path) ?? [];
      edit(all);
      write(this.draft, path, all);
      for (const known of [...this.#controls.keys()]) if (known.startsWith(`${path}[`)) this.#controls.delete(known);
      redraw();
      this.changed();
    };
    const entries = () =>
      (read(this.draft, path) ?? []).map((/** @type {unknown} */ _, /** @type {number} */ i) => {
        const remove = button("지우기", () => change((all) => all.splice(i, 1)));
        remove.setAttribute("aria-label", `${item} ${i + 1} 지우기`);
        const fields = each.map((field) => this.#field(field, `${path}[${i}].${field.path}`));
        return make("fieldset", {}, make("legend", {}, `${item} ${i + 1}`), ...fields, remove);
      });
    redraw();
    return list;
  }

  /** @param {Field} field @param {string} path */
  #field(field, path) {
    const id = `field-${(this.#count += 1)}`;
    const control = controlOf(field);
    control.id = id;
    control.value = toText(field, read(this.draft, path));
    control.setAttribute("aria-describedby", `${id}-note`);
    control.dataset.path = path;
    const shown = field.kind === "slider" && make("output", { for: id }, control.value);
    control.addEventListener("input", () => {
      write(this.draft, path, toDraft(field, control.value));
      if (path === "age") write(this.draft, "birth_year", new Date().getFullYear() - Number(control.value || 0));
      if (shown) shown.textContent = control.value;
      this.changed();
    });
    control.addEventListener("blur", () => {
      this.#touched.add(path);
      this.#showFaults();
    });
    this.#controls.set(path, control);
    const label = make("label", { for: id }, field.label, field.optional && make("small", {}, "선택"), field.kind === "lines" && make("small", {}, "한 줄에 하나씩"), shown);
    return make("div", { class: `studio-field ${field.short ? "short" : field.kind}` }, label, control, make("p", { id: `${id}-note`, class: "hint" }, field.hint ?? ""));
  }

  #showFaults() {
    const known = [...this.#controls.keys()];
    const told = new Map();
    for (const { field, hint } of this.#faults) {
      const at = placeOf(field, known);
      if (!at || told.has(at.path)) continue;
      const line = at.entry !== null && this.#controls.get(at.path)?.tagName === "TEXTAREA" ? `${at.entry + 1}번째 줄: ` : "";
      told.set(at.path, line + hint);
    }
    for (const [path, control] of this.#controls) {
      const note = /** @type {HTMLElement} */ (control.nextElementSibling);
      note.dataset.hint ??= note.textContent ?? "";
      const fault = this.#touched.has(path) ? told.get(path) : undefined;
      control.toggleAttribute("aria-invalid", Boolean(fault));
      note.classList.toggle("wrong", Boolean(fault));
      const text = fault ?? note.dataset.hint;
      if (note.textContent !== text) note.textContent = text;
    }
    for (const section of this.place.querySelectorAll(".studio-section")) {
      const wrong = section.querySelectorAll("[aria-invalid]").length;
      const count = /** @type {HTMLElement} */ (section.querySelector(".fault-count"));
      count.hidden = wrong === 0;
      count.textContent = `고칠 곳 ${wrong}`;
    }
  }

  #goToFirst() {
    const first = /** @type {HTMLElement|null} */ (this.place.querySelector("[aria-invalid]"));
    const section = first?.closest("details");
    if (section) section.open = true;
    first?.focus();
  }
}

/** @param {Field} field @returns {any} */
function controlOf({ kind, choices, min, max, step, rows }) {
  if (kind === "long" || kind === "lines") return make("textarea", { rows: String(rows ?? 3), spellcheck: "false" });
  if (kind === "choice") return make("select", {}, ...Object.entries(choices ?? {}).map(([value, name]) => make("option", { value }, name)));
  if (kind === "text") return make("input", { type: "text", autocomplete: "off" });
  const range = { min: String(min), max: String(max), step: String(step ?? 1) };
  return make("input", kind === "slider" ? { type: "range", ...range } : { type: "number", inputmode: "numeric", ...range });
}
