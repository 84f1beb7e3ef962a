// The door of every page: who must sign in first is led to where that is done, and back afterwards.
// It must not know how one signs in, nor interrupt a call.

import { onChange, whenMissing } from "./identity.js";

export const ACCOUNT = "/account";

/** @returns {boolean} whether this page is being left */
function lead() {
  if (location.pathname === ACCOUNT || document.body.dataset.screen === "call") return false;
  location.replace(`${ACCOUNT}?next=${encodeURIComponent(location.pathname + location.search)}`);
  return true;
}

/** Where to go on after signing in: a page of ours, whatever the address says. @returns {string} */
export function wayBack() {
  const wanted = new URLSearchParams(location.search).get("next") ?? "/";
  if (!URL.canParse(wanted, location.origin)) return "/";
  const next = new URL(wanted, location.origin);
  return next.origin === location.origin && next.pathname !== ACCOUNT ? next.pathname + next.search : "/";
}

whenMissing(lead);
onChange((now) => !now && lead()); // signed out in another tab
