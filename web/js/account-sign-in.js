// The form to sign in or up. It must not know what happens to one who is signed in.

import { ACCOUNT, SIGN_IN, SIGN_UP, signInText } from "./account-text.js";
import { byId, clearFault, showFault } from "./dom.js";
import { signIn, signUp } from "./identity.js";

let joining = false;

function show() {
  const words = joining ? SIGN_UP : SIGN_IN;
  byId("sign-in-title").textContent = words.title;
  byId("sign-in-go").textContent = words.go;
  byId("sign-in-other-text").textContent = words.otherText;
  byId("sign-in-other").textContent = words.other;
  byId("name-field").hidden = !joining;
  byId("password").autocomplete = joining ? "new-password" : "current-password";
  clearFault(byId("sign-in-fault"));
  for (const id of ["email", "password"]) complain(id, "");
}

/** @param {string} id @param {string} text "" for none */
function complain(id, text) {
  byId(`${id}-wrong`).textContent = text;
  byId(id).setAttribute("aria-invalid", String(Boolean(text)));
  byId(id).setAttribute("aria-describedby", `${id}-wrong`);
}

/** Says what is wrong with what was typed, at its place. @returns {boolean} whether nothing is */
function check() {
  const email = /** @type {HTMLInputElement} */ (byId("email"));
  const password = /** @type {HTMLInputElement} */ (byId("password"));
  complain("email", !email.value ? ACCOUNT.emailMissing : email.validity.valid ? "" : ACCOUNT.emailWrong);
  const short = joining && password.value.length < password.minLength;
  complain("password", !password.value ? ACCOUNT.passwordMissing : short ? ACCOUNT.passwordShort : "");
  const wrong = [email, password].find((field) => field.getAttribute("aria-invalid") === "true");
  wrong?.focus();
  return !wrong;
}

async function submit(/** @type {SubmitEvent} */ event) {
  event.preventDefault();
  clearFault(byId("sign-in-fault"));
  if (!check()) return;
  const go = byId("sign-in-go");
  const { email, password, name } = Object.fromEntries(new FormData(byId("sign-in-form")));
  go.disabled = true;
  go.textContent = ACCOUNT.working;
  try {
    if (joining) await signUp(String(email).trim(), String(password), String(name).trim());
    else await signIn(String(email).trim(), String(password));
    byId("sign-in-form").reset();
  } catch (fault) {
    complainOf(fault);
  } finally {
    go.disabled = false;
    go.textContent = (joining ? SIGN_UP : SIGN_IN).go;
  }
}

/** @param {unknown} fault */
export const complainOf = (fault) => showFault(byId("sign-in-fault"), signInText(fault));

/** Makes the form work. */
export function openSignIn() {
  byId("sign-in-form").addEventListener("submit", submit);
  byId("sign-in-other").addEventListener("click", () => {
    joining = !joining;
    show();
    byId("email").focus();
  });
  show();
}
