// Who is signed in, and the token that proves it: in and out at Supabase's own REST, renewed before it expires, one
// session for all tabs. It must not know the pages, nor what our server is asked with the token.
//
// Where the server takes everybody for its local guest there is nothing to sign in to, and all of this keeps still.

/**
 * @typedef {{required: boolean, supabase_url: string|null, anon_key: string|null}} Config
 * @typedef {{access_token: string, refresh_token: string, expires_at: number,
 *   user: {id: string, email: string, name: string}}} Session expires_at in s of the epoch
 */

const KEY = "deyeonso.session";
const EARLY = 90; // s before its end from which a token is renewed; the server asks a call for a new one 60 s before
const TIMEOUT = 15_000; // ms

/** What the sign-in said no with: its own code, "unreachable", or "confirm_email" where a mail must be answered first. */
export class SignInFault extends Error {
  /** @param {string} code @param {number} status @param {string} message */
  constructor(code, status = 0, message = code) {
    super(message);
    this.name = "SignInFault";
    this.code = code;
    this.status = status;
  }
}

let asked = /** @type {Promise<Config>|null} */ (null);

/** How this server wants people to sign in. @returns {Promise<Config>} throws what fetch throws */
export function config() {
  asked ??= fetch("/auth/config", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) }).then((answer) => {
    if (!answer.ok) throw new Error(`/auth/config: ${answer.status}`);
    return answer.json();
  });
  asked.catch(() => (asked = null)); // to be asked again
  return asked;
}

// -- the session, as all tabs see it

/** @returns {Session|null} */
export function session() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return typeof kept?.access_token === "string" && typeof kept.refresh_token === "string" ? kept : null;
  } catch {
    return null;
  }
}

const listeners = /** @type {((now: Session|null) => void)[]} */ ([]);

/** Calls `listener` whenever somebody signs in or out, in this tab or another. @param {(now: Session|null) => void} listener */
export const onChange = (listener) => listeners.push(listener);

const tell = () => listeners.forEach((listener) => listener(session()));

/** @param {string|null} kept @returns {string} */
const whose = (kept) => (kept ? (JSON.parse(kept).user?.id ?? "") : "");

addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key === null || (key === KEY && whose(oldValue) !== whose(newValue))) tell(); // a mere renewal is no news
});

/** @param {any} granted what the sign-in answered @returns {Session} */
function keep(granted) {
  const { access_token, refresh_token, expires_in, expires_at, user } = granted;
  const kept = {
    access_token,
    refresh_token,
    expires_at: expires_at ?? Math.floor(Date.now() / 1000) + (expires_in ?? 3600),
    user: { id: user?.id ?? "", email: user?.email ?? "", name: user?.user_metadata?.full_name ?? "" },
  };
  const before = session();
  localStorage.setItem(KEY, JSON.stringify(kept));
  if (before?.user.id !== kept.user.id) tell();
  return kept;
}

function forget() {
  localStorage.removeItem(KEY);
  tell();
}

// -- Supabase's REST

/** @param {string} path @param {unknown} body @param {string} [token] @returns {Promise<any>} throws SignInFault */
async function supabase(path, body, token) {
  const { supabase_url, anon_key } = await config();
  let answer;
  try {
    answer = await fetch(`${supabase_url}/auth/v1${path}`, {
      method: "POST",
      headers: { apikey: anon_key ?? "", "Content-Type": "application/json", Authorization: `Bearer ${token ?? anon_key}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
      keepalive: true,
    });
  } catch (cause) {
    throw new SignInFault("unreachable", 0, String(cause));
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw new SignInFault(said.error_code ?? said.error ?? `http_${answer.status}`, answer.status, said.msg ?? said.message ?? "");
}

/** @param {string} email @param {string} password */
export async function signIn(email, password) {
  keep(await supabase("/token?grant_type=password", { email, password }));
}

/** Throws SignInFault `confirm_email` where the address must be confirmed first. @param {string} email
 * @param {string} password @param {string} name */
export async function signUp(email, password, name) {
  const back = encodeURIComponent(`${location.origin}/account`);
  const granted = await supabase(`/signup?redirect_to=${back}`, { email, password, data: name ? { full_name: name } : {} });
  if (!granted.access_token) throw new SignInFault("confirm_email");
  keep(granted);
}

/** Here and now, whatever the network says; the other end is told if it can be. */
export async function signOut() {
  const gone = session();
  forget();
  if (gone) await supabase("/logout?scope=local", {}, gone.access_token).catch(() => {});
}

/** Takes the session that a confirmation mail's link brings along behind the address's `#`; says whether there was one. */
export async function adopt() {
  const brought = new URLSearchParams(location.hash.slice(1));
  if (!brought.has("access_token") && !brought.has("error_code")) return false;
  history.replaceState(null, "", location.pathname + location.search);
  if (brought.has("error_code")) throw new SignInFault(brought.get("error_code") ?? "");
  const refresh_token = brought.get("refresh_token") ?? "";
  keep(await supabase("/token?grant_type=refresh_token", { refresh_token }));
  return true;
}

/**
 * A session whose token is another than `stale`. A refresh token is good once, so one tab renews and the others wait
 * for it. Null where the sign-in is over; throws SignInFault where that cannot be known now.
 * @param {string} stale @returns {Promise<Session|null>}
 */
export function renew(stale) {
  const turn = async () => {
    const now = session();
    if (!now || now.access_token !== stale) return now;
    try {
      const granted = await supabase("/token?grant_type=refresh_token", { refresh_token: now.refresh_token });
      return session() ? keep(granted) : null; // null: signed out meanwhile
    } catch (fault) {
      const { status } = /** @type {SignInFault} */ (fault);
      if (status < 400 || status >= 500 || status === 429) throw fault;
      if (session()?.access_token === stale) forget();
      return null;
    }
  };
  return navigator.locks ? navigator.locks.request(`${KEY}.renewal`, turn) : turn();
}

// -- requests as somebody

let missing = /** @type {() => boolean} */ (() => false);

/** What to do where somebody must sign in first; it returns whether the page is being left for that. @param {() => boolean} act */
export const whenMissing = (act) => (missing = act);

/** @param {RequestInit} init @param {Session|null} who @returns {RequestInit} */
const as = (init, who) => (who ? { ...init, headers: { ...init.headers, Authorization: `Bearer ${who.access_token}` } } : init);

/** `fetch` as whoever is signed in: with a token that is still good, and once more with a new one if it was not.
 * @param {string} path of our own server @param {RequestInit} [init] @returns {Promise<Response>} */
export async function fetchAsMe(path, init = {}) {
  if (!(await config()).required) return fetch(path, init);
  let who = session();
  if (who && who.expires_at - EARLY < Date.now() / 1000) who = await renew(who.access_token);
  if (!who && missing()) return new Promise(() => {}); // the page is being left
  const answer = await fetch(path, as(init, who));
  if (answer.status !== 401 || !who) return answer;
  const fresh = await renew(who.access_token);
  if (fresh) return fetch(path, as(init, fresh));
  return missing() ? new Promise(() => {}) : answer;
}
