// The way through the pages: lobby → device check → call → after. Only one screen is there at a time.
// It must not know how any of them works.

import { getHealth } from "./api.js";
import { leaveAfter, showAfter } from "./after.js";
import { DeviceCheck } from "./check.js";
import { agreed, changeAnalyses } from "./consents.js";
import { openDevices, rememberedChoice } from "./devices.js";
import { byId, clearFault, showFault } from "./dom.js";
import { isOffline, openLobby, portraitOf } from "./lobby.js";
import { audioContext } from "./sound.js";
import { Stage } from "./stage.js";
import { TEXT, faultText } from "./strings.js";

/** @typedef {import("./api.js").Persona} Persona */
/** @typedef {"lobby"|"check"|"call"|"after"} Screen */

const check = new DeviceCheck();
let chosen = /** @type {Persona|null} */ (null);
let stage = /** @type {Stage|null} */ (null);

/** @param {Screen} screen */
function show(screen) {
  if (screen !== "after") leaveAfter();
  document.body.dataset.screen = screen;
  for (const id of ["lobby", "check", "call", "after"]) byId(id).hidden = id !== screen;
  byId(`${screen}-title`).focus({ preventScroll: true });
  scrollTo(0, 0);
}

function goToLobby() {
  check.close();
  show("lobby");
  return openLobby(meet);
}

/** A link from another page may name whom to meet. */
async function begin() {
  const wanted = new URLSearchParams(location.search).get("persona");
  const personas = await goToLobby();
  history.replaceState(null, "", location.pathname); // only once: a reload is a new visit
  const persona = personas.find(({ id }) => id === wanted);
  if (persona) await meet(persona);
}

/** @param {Persona} persona */
async function meet(persona) {
  chosen = persona;
  audioContext(); // this click is what allows sound later
  if (!(await mayTalk(() => meet(persona)))) return;
  byId("seat-portrait").src = portraitOf(persona);
  byId("seat-name").textContent = persona.name;
  show("check");
  await check.open();
}

/** Whether the consents that a talk needs are there; asks for those that are not. @param {() => void} again */
async function mayTalk(again) {
  clearFault(byId("lobby-fault"));
  try {
    return await agreed();
  } catch (fault) {
    showFault(byId("lobby-fault"), faultText(fault), [{ label: TEXT.retry, run: again }]);
    return false;
  }
}

/** @param {MediaStream} stream */
async function call(stream) {
  if (!chosen) return goToLobby();
  const persona = chosen;
  const offline = isOffline(await getHealth().catch(() => null)); // if it cannot be asked, placing the call says so
  show("call");
  stage = new Stage(persona, stream, {
    offline,
    again: callAgain,
    left: (memory) => {
      stage = null;
      if (!memory.began) return goToLobby();
      show("after");
      showAfter(memory, new Date());
    },
  });
  await stage.place();
}

/** The same person again, with the same devices and no second check. */
async function callAgain() {
  stage = null;
  const place = byId(document.body.dataset.screen === "call" ? "call-fault" : "after-fault");
  clearFault(place);
  audioContext();
  const { microphone, camera, faults } = await openDevices(rememberedChoice());
  if (microphone) return call(new MediaStream(camera ? [microphone, camera] : [microphone]));
  camera?.stop();
  showFault(place, faultText(faults[0]), [{ label: TEXT.callAgain, run: callAgain }]);
}

byId("check-back").addEventListener("click", goToLobby);
byId("coach-consents").addEventListener("click", changeAnalyses);
byId("choose-other").addEventListener("click", goToLobby);
byId("call-again").addEventListener("click", callAgain);
byId("devices").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  if (!byId("start-call").disabled) call(check.take());
});
addEventListener("pagehide", () => stage?.call.hangUp());

begin();
