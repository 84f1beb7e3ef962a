// Keeps a call signed in: when the server says that the sign-in is about to end, it is shown a fresh token.
// It must not know the DOM, nor how a token is renewed.

import { renew, session } from "./identity.js";
import { format } from "./rtvi.js";

/** @param {import("./call.js").Call} call */
export function stayIn(call) {
  call.addEventListener("message", async (event) => {
    const { type, data } = /** @type {CustomEvent<import("./rtvi.js").Message>} */ (event).detail;
    const held = session();
    if (type !== "server:notice" || data.code !== "sign_in_expiring" || !held) return;
    const soon = held.expires_at * 1000 - Date.now() < (data.seconds + 30) * 1000; // else another tab renewed it already
    const fresh = soon ? await renew(held.access_token).catch(() => null) : held; // it asks again
    if (fresh) call.say(format("client-message", { t: "token", d: { token: fresh.access_token } }));
  });
}
