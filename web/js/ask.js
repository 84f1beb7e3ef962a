// One question before something that cannot be taken back, in the browser's own dialog.
// It must not know what it is about.

import { button, make } from "./dom.js";

/** @param {{title: string, body: string, yes: string, no: string}} words @returns {Promise<boolean>} */
export function ask({ title, body, yes, no }) {
  return new Promise((resolve) => {
    const dialog = make("dialog", { class: "ask", "aria-label": title });
    const close = (/** @type {string} */ answer) => () => dialog.close(answer);
    const stay = button(no, close(""), "button");
    dialog.append(
      make("h2", {}, title),
      make("p", {}, body),
      make("div", { class: "actions" }, stay, button(yes, close("yes"), "button dial")),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    stay.focus();
  });
}
