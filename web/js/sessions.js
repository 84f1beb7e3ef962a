// The page of past calls: newest first, page by page, each with its total; one can be opened or deleted.
// It must not know what a report or a call is made of.

import { deleteSession, getPortraits, getSessions } from "./api.js";
import { ask } from "./ask.js";
import { byId, clearFault, make, showFault } from "./dom.js";
import { moment } from "./korean.js";
import { trend } from "./trend.js";
import { TEXT, faultText } from "./strings.js";

/** @typedef {import("./api.js").Session} Session */

let sessions = /** @type {Session[]} */ ([]);
let next = /** @type {string|null} */ (null);
const portraits = getPortraits();

async function more() {
  const list = byId("sessions");
  list.setAttribute("aria-busy", "true");
  clearFault(byId("sessions-fault"));
  try {
    const page = await getSessions(next);
    next = page.next;
    sessions.push(...page.sessions);
    const known = await portraits;
    list.append(...page.sessions.map((session) => item(session, known.get(session.persona_id))));
    show();
  } catch (fault) {
    showFault(byId("sessions-fault"), faultText(fault), [{ label: TEXT.retry, run: more }]);
  } finally {
    list.setAttribute("aria-busy", "false");
  }
}

function show() {
  byId("sessions-none").hidden = sessions.length > 0 || next !== null;
  byId("sessions-more").hidden = next === null;
  const totals = sessions.map(({ total_score: total }) => total).filter((total) => typeof total === "number").reverse();
  byId("trend").hidden = totals.length < 2;
  if (totals.length > 1) byId("trend-line").replaceChildren(trend(totals));
}

/** @param {Session} session @param {string|undefined} portrait */
function item(session, portrait) {
  const { id, session_name: name, created_at: at, total_score: total } = session;
  const row = make(
    "li",
    { class: "session" },
    portrait ? make("img", { src: portrait, alt: "", width: "56", height: "56" }) : make("span", { class: "no-portrait", "aria-hidden": "true" }),
    make(
      "a",
      { href: `/sessions/${encodeURIComponent(id)}` },
      make("strong", {}, name),
      make("time", { datetime: at }, moment(new Date(at))),
    ),
    typeof total === "number" && make("span", { class: "session-total" }, make("strong", {}, String(total)), "점"),
  );
  const remove = make("button", { type: "button", class: "button small", "aria-label": `${name} 지우기` }, "지우기");
  remove.addEventListener("click", () => forget(session, row));
  row.append(remove);
  return row;
}

/** @param {Session} session @param {HTMLElement} row */
async function forget(session, row) {
  if (!(await ask(TEXT.forgetSession))) return;
  try {
    await deleteSession(session.id);
  } catch (fault) {
    return showFault(byId("sessions-fault"), faultText(fault), [{ label: TEXT.retry, run: () => forget(session, row) }]);
  }
  const neighbour = /** @type {HTMLElement|null} */ (row.nextElementSibling ?? row.previousElementSibling);
  row.remove();
  sessions = sessions.filter((one) => one !== session);
  show();
  (neighbour?.querySelector("a") ?? byId("sessions-title")).focus();
}

byId("sessions-more").addEventListener("click", more);
more();
