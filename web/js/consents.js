// Consents: the step before the first call, where each is asked for by itself, and the list to change them later.
// It must not know what a consent leads to; the texts are the server's.

import { getConsents, putConsents } from "./api.js";
import { button, make, showFault } from "./dom.js";
import { ACCOUNT, CONSENT } from "./account-text.js";
import { faultText } from "./strings.js";

/** @typedef {import("./api.js").Consent} Consent */

const CHANGEABLE = ["voice_analysis", "face_analysis", "recording"];

/** Without it there is no talk. @param {Consent} one */
const isNeeded = ({ required, to, relevant }) => required || (to === "transfer_abroad" && relevant);

/** @param {Consent} one */
const isOpen = (one) => one.relevant && (one.granted === null || (isNeeded(one) && !one.granted));

/** Asks for what has not been answered, once. @returns {Promise<boolean>} whether a call may begin; throws ApiFault */
export async function agreed() {
  const open = (await getConsents()).consents.filter(isOpen);
  return open.length === 0 || askFor(open);
}

/** @param {Consent} one @returns {any} */
function badge(one) {
  return make("span", { class: `consent-badge${isNeeded(one) ? " needed" : ""}` }, isNeeded(one) ? CONSENT.needed : CONSENT.optional);
}

/** @param {Consent} one @param {boolean} on @returns {{item: any, box: HTMLInputElement}} */
function line(one, on) {
  const id = `consent-${one.to}`;
  const box = make("input", { type: "checkbox", id, "aria-describedby": `${id}-text` });
  box.checked = on;
  const item = make(
    "li",
    { class: "consent" },
    make("div", { class: "consent-head" }, box, make("label", { for: id }, one.title), badge(one)),
    make("div", { id: `${id}-text`, class: "consent-text" }, make("p", {}, one.text), make("p", { class: "hint" }, CONSENT.without + one.without)),
  );
  return { item, box };
}

/** @param {Consent[]} open @returns {Promise<boolean>} */
function askFor(open) {
  return new Promise((resolve) => {
    const lines = open.map((one) => ({ one, ...line(one, false) }));
    const fault = make("div", { role: "alert" });
    const all = make("input", { type: "checkbox", id: "consent-all" });
    const go = make("button", { type: "submit", class: "button dial" }, CONSENT.go);
    const later = button(CONSENT.later, () => dialog.close(""), "button");
    const form = make(
      "form",
      { method: "dialog", class: "consent-form" },
      make("h2", { id: "consent-title", tabindex: "-1" }, CONSENT.title),
      make("p", { class: "account-note" }, CONSENT.body),
      fault,
      lines.length > 1 && make("div", { class: "consent-all" }, all, make("label", { for: "consent-all" }, CONSENT.all)),
      make("ul", { class: "consents" }, ...lines.map(({ item }) => item)),
      make("div", { class: "consent-actions" }, later, go),
    );
    const dialog = make("dialog", { class: "consent-dialog", "aria-labelledby": "consent-title" }, form);
    const look = () => {
      go.disabled = lines.some(({ one, box }) => isNeeded(one) && !box.checked);
      all.checked = lines.every(({ box }) => box.checked);
    };
    all.addEventListener("change", () => {
      for (const { box } of lines) box.checked = all.checked;
      look();
    });
    for (const { box } of lines) box.addEventListener("change", look);
    form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      go.disabled = true;
      try {
        await putConsents(lines.map(({ one, box }) => ({ to: one.to, version: one.version, granted: box.checked })));
        dialog.close("yes");
      } catch (problem) {
        const outdated = /** @type {any} */ (problem).code === "consent_outdated";
        const again = { label: ACCOUNT.retry, run: () => dialog.close("again") };
        showFault(fault, outdated ? { title: CONSENT.outdated } : faultText(problem), outdated ? [again] : []);
        look();
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "again" ? agreed() : dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    look();
    dialog.showModal();
    form.querySelector("h2")?.focus();
  });
}

/** What of a call may be analysed and kept, to be changed in the middle of one. */
export async function changeAnalyses() {
  const list = make("ul", { class: "consents", "aria-busy": "true" });
  const fault = make("div", { role: "alert" });
  const dialog = make("dialog", { class: "consent-dialog", "aria-labelledby": "analyses-title" });
  const failed = (/** @type {unknown} */ problem) => showFault(fault, faultText(problem));
  const show = (/** @type {Consent[]} */ now) =>
    showConsents(list, now.filter(({ to }) => CHANGEABLE.includes(to)), show, failed);
  dialog.append(
    make(
      "div",
      { class: "consent-form" },
      make("h2", { id: "analyses-title" }, CONSENT.analyses),
      make("p", { class: "account-note" }, CONSENT.atOnce),
      fault,
      list,
      make("div", { class: "consent-actions" }, button(CONSENT.close, () => dialog.close(), "button primary")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  await getConsents().then(({ consents }) => show(consents), failed);
}

/** Each consent that matters here, or was answered, with a switch that takes effect at once. @param {HTMLElement} list @param {Consent[]} consents
 * @param {(now: Consent[]) => void} changed @param {(fault: unknown) => void} failed */
export function showConsents(list, consents, changed, failed) {
  list.replaceChildren(
    ...consents.filter(({ relevant, granted }) => relevant || granted !== null).map((one) => {
      const { item, box } = line(one, one.applies);
      box.setAttribute("role", "switch");
      const state = one.granted === null ? CONSENT.open : one.granted ? CONSENT.yes : CONSENT.no;
      const since = one.granted === null || !one.decided_at ? "" : ` · ${new Date(one.decided_at).toLocaleDateString("ko-KR")}`;
      item.append(make("p", { class: "consent-state" }, state + since, !one.relevant && ` · ${CONSENT.unused}`));
      box.addEventListener("change", async () => {
        box.disabled = true;
        try {
          const now = await putConsents([{ to: one.to, version: one.version, granted: box.checked }]);
          changed(now.consents);
          document.getElementById(box.id)?.focus(); // the one that took this one's place
        } catch (problem) {
          box.checked = !box.checked;
          box.disabled = false;
          failed(problem);
        }
      });
      return item;
    }),
  );
  list.setAttribute("aria-busy", "false");
}
