// The page of one past call: its report, its time drawn out, and what was said; a chosen moment lights up in the talk.
// It must not know how a report or a drawing is made.

import { deleteSession, getMessages, getSession, getTimeline } from "./api.js";
import { ask } from "./ask.js";
import { byId, showFault } from "./dom.js";
import { moment } from "./korean.js";
import { Player } from "./recording.js";
import { readingsOf, timedLines } from "./replay.js";
import { momentsOf } from "./report.js";
import { ReportView } from "./report-view.js";
import { stripElement } from "./strip.js";
import { TEXT, faultText } from "./strings.js";
import { Transcript } from "./transcript.js";

const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const transcript = new Transcript(byId("transcript"));
const player = new Player(byId("recording-part"), byId("recording"), id);
const report = new ReportView(byId("report"), ({ t0, quote }) => revisit(t0, quote));

/** @typedef {import("./api.js").Session} Session */

async function open() {
  try {
    const [session, messages, { calls }] = await Promise.all([getSession(id), everyMessage(), getTimeline(id)]);
    const events = calls.at(-1)?.events ?? []; // the report is that of the last call
    introduce(session);
    transcript.show(timedLines(messages, events), session.persona_name);
    const last = calls.at(-1);
    if (last) player.show(last.call_id).catch((fault) => showFault(byId("session-fault"), faultText(fault)));
    if (last) await judge(session, events);
    else report.say(TEXT.reportChat);
  } catch (fault) {
    showFault(byId("session-fault"), faultText(fault), [{ label: TEXT.retry, run: open }]);
  }
}

/** @param {Session} session @param {import("./replay.js").Event[]} events */
async function judge({ persona_name: name }, events) {
  const feedback = await report.follow(id);
  byId("strip-part").hidden = false;
  byId("strip").replaceChildren(stripElement(readingsOf(events), name, feedback ? momentsOf(feedback) : [], revisit));
}

/** What was said then, and how it looked and sounded. @param {number} t @param {string|null} [quote] */
function revisit(t, quote) {
  transcript.light(t, quote);
  player.seek(t);
}

/** @param {Session} session */
function introduce({ session_name: name, created_at: at, persona_id: persona }) {
  document.title = `${name} · 데연소`;
  byId("session-title").textContent = name;
  byId("session-when").textContent = moment(new Date(at));
  byId("session-when").dateTime = at;
  byId("session-again").href = `/?persona=${encodeURIComponent(persona)}`;
  byId("session-inside").hidden = false;
}

/** @returns {Promise<import("./api.js").Message[]>} */
async function everyMessage() {
  const found = [];
  let after = /** @type {string|null} */ (null);
  do {
    const page = await getMessages(id, after);
    found.push(...page.messages);
    after = page.next;
  } while (after);
  return found;
}

byId("session-delete").addEventListener("click", async () => {
  if (!(await ask(TEXT.forgetSession))) return;
  try {
    await deleteSession(id);
    location.assign("/sessions");
  } catch (fault) {
    showFault(byId("session-fault"), faultText(fault));
  }
});
open();
