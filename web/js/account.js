// The page of what is mine: signing in and out, consents, how long things are kept, who looked, a copy, the end of it all.
// It must not know how any of it is kept.

import { complainOf, openSignIn } from "./account-sign-in.js";
import { ACCOUNT, CONSENT, FOR_GOOD, KEPT, REMEMBERED, accessText } from "./account-text.js";
import { eraseMe, exportMe, getAccesses, getConsents } from "./api.js";
import { ask } from "./ask.js";
import { showConsents } from "./consents.js";
import { wayBack } from "./door.js";
import { byId, clearFault, make, showFault } from "./dom.js";
import { adopt, config, onChange, session, signOut } from "./identity.js";
import { faultText } from "./strings.js";

let required = false;
let next = /** @type {string|null} */ (null); // of the page of looks after those that are shown

/** Says it to those who do not see it. @param {string} text */
const say = (text) => (byId("mine-said").textContent = text);

async function begin() {
  const place = byId("account-fault");
  place.hidden = true;
  try {
    ({ required } = await config());
  } catch (fault) {
    place.hidden = false;
    return showFault(place, faultText(fault), [{ label: ACCOUNT.retry, run: begin }]);
  }
  openSignIn();
  const brought = required && (await adopt().catch((fault) => (complainOf(fault), false)));
  onChange((who) => (who ? goOn() : show()));
  if (brought) goOn();
  else show();
}

/** Back to where the door led away from, or on to what is mine. */
function goOn() {
  if (new URLSearchParams(location.search).has("next")) location.replace(wayBack());
  else show();
}

function show() {
  const who = session();
  const stranger = required && !who;
  byId("sign-in").hidden = !stranger;
  byId("mine").hidden = stranger;
  byId("who").hidden = byId("erase-account").hidden = !required;
  byId(stranger ? "sign-in-title" : "mine-title").focus({ preventScroll: true });
  if (stranger) return;
  byId("who-email").textContent = who?.user.email ?? "";
  openConsents();
  openAccesses();
}

// -- consents, and what is kept

async function openConsents() {
  const place = byId("consents-fault");
  clearFault(place);
  try {
    const { consents, kept_days } = await getConsents();
    showAll(consents);
    const rows = Object.entries(KEPT).map(([name, [what, hint]]) => [what, name in kept_days ? `${kept_days[name]}일` : FOR_GOOD, hint]);
    byId("kept").replaceChildren(
      ...[...rows, REMEMBERED].map(([what, long, hint]) =>
        make("div", {}, make("dt", {}, what), make("dd", {}, make("strong", {}, long), make("span", { class: "hint" }, hint))),
      ),
    );
  } catch (fault) {
    showFault(place, faultText(fault), [{ label: ACCOUNT.retry, run: openConsents }]);
  }
}

/** @param {import("./api.js").Consent[]} consents */
function showAll(consents) {
  const place = byId("consents-fault");
  showConsents(
    byId("consents"),
    consents,
    (now) => {
      clearFault(place);
      showAll(now);
      say(CONSENT.changed);
    },
    (fault) => showFault(place, faultText(fault), [{ label: ACCOUNT.retry, run: openConsents }]),
  );
}

// -- who looked

async function openAccesses() {
  next = null;
  byId("accesses").replaceChildren();
  await moreAccesses();
}

async function moreAccesses() {
  const page = await getAccesses(next).catch(() => null); // the rest of the page is worth more than this list
  if (!page) return;
  next = page.next;
  byId("accesses").append(
    ...page.accesses.map((one) => {
      const at = new Date(one.created_at);
      return make("li", {}, make("time", { datetime: at.toISOString() }, at.toLocaleString("ko-KR")), accessText(one));
    }),
  );
  byId("accesses-none").hidden = byId("accesses").childElementCount > 0;
  byId("accesses-more").hidden = next === null;
}

// -- a copy, and the end

/** @param {HTMLButtonElement} pressed @param {string} meanwhile @param {() => Promise<void>} work */
async function during(pressed, meanwhile, work) {
  const label = pressed.textContent;
  clearFault(byId("data-fault"));
  pressed.disabled = true;
  pressed.textContent = meanwhile;
  try {
    await work();
  } catch (fault) {
    showFault(byId("data-fault"), faultText(fault));
  } finally {
    pressed.disabled = false;
    pressed.textContent = label;
  }
}

async function takeCopy() {
  const url = URL.createObjectURL(await exportMe());
  make("a", { href: url, download: ACCOUNT.exportName }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  say(ACCOUNT.exported);
  await openAccesses();
}

async function eraseAll() {
  if (!(await ask(ACCOUNT.erase))) return;
  await during(byId("erase"), ACCOUNT.working, async () => {
    await eraseMe();
    say(ACCOUNT.erased);
    if (required) return signOut();
    show();
    showFault(byId("data-fault"), { title: ACCOUNT.erased });
  });
}

byId("export").addEventListener("click", () => during(byId("export"), ACCOUNT.exporting, takeCopy));
byId("erase").addEventListener("click", eraseAll);
byId("accesses-more").addEventListener("click", moreAccesses);
byId("sign-out").addEventListener("click", signOut);

begin();
