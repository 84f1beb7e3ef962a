// The server's HTTP interface as the pages use it, with every failure as one ApiFault.
// It must not know the screens, WebRTC or what is done with an answer.

import { fetchAsMe } from "./identity.js";

/**
 * @typedef {{id: string, name: string, age: number, mbti: string, job: string, personality: string[],
 *   hobbies: string[], tagline?: string, portrait?: string, own?: boolean}} Persona own: made by the one who asks
 * @typedef {{status: string, engines?: {stt?: string, llm?: string, tts?: string},
 *   calls?: {active: number, limit: number}}} Health
 * @typedef {{call_id: string, session_id: string, pc_id: string, sdp: string, type: "answer",
 *   resume_token: string}} Answer
 * @typedef {{id: string, session_name: string, persona_id: string, persona_name: string, created_at: string,
 *   total_score?: number|null}} Session
 * @typedef {{role: "user"|"assistant"|"system", content: string, timestamp: string}} Message
 */

const TIMEOUT = 20_000; // ms; the first call after a start may wait for models

/** A request that did not succeed: `code` is the server's own, or "unreachable" when nothing answered. */
export class ApiFault extends Error {
  /** @param {{status: number, code: string, message: string, retryAfter: number|null}} what retryAfter in s */
  constructor({ status, code, message, retryAfter }) {
    super(message);
    this.name = "ApiFault";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** @param {Response} response @returns {Promise<ApiFault>} */
async function faultOf(response) {
  const body = await response.json().catch(() => ({}));
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new ApiFault({
    status: response.status,
    code: body?.error?.code ?? `http_${response.status}`,
    message: body?.error?.message ?? response.statusText,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  });
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} the JSON body, or null where there is none */
const request = async (path, init = {}) => (await ask(path, init)).json().catch(() => null);

/** @param {string} path @param {RequestInit} init @returns {Promise<Response>} throws ApiFault */
async function ask(path, init) {
  let response;
  try {
    response = await fetchAsMe(path, { signal: AbortSignal.timeout(TIMEOUT), cache: "no-store", ...init });
  } catch (cause) {
    throw new ApiFault({ status: 0, code: "unreachable", message: String(cause), retryAfter: null });
  }
  if (!response.ok) throw await faultOf(response);
  return response;
}

/** @param {string} method @param {unknown} body @returns {RequestInit} */
const json = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

const callPath = (/** @type {string} */ id) => `/calls/${encodeURIComponent(id)}`;

/** @returns {Promise<{personas: Persona[], active: string}>} */
export const getPersonas = () => request("/personas");

/** Whose portrait is where; an empty map where that cannot be asked. @returns {Promise<Map<string, string|undefined>>} */
export const getPortraits = () =>
  getPersonas().then(
    ({ personas }) => new Map(personas.map(({ id, portrait }) => [id, portrait])),
    () => new Map(),
  );

/** @returns {Promise<Health>} */
export const getHealth = () => request("/health");

/** For one call: the credentials are good for little longer. @returns {Promise<RTCIceServer[]>} */
export const getIceServers = () =>
  request("/ice-servers", { signal: AbortSignal.timeout(3_000) }).then(({ iceServers }) => iceServers);

/** @param {RTCSessionDescriptionInit} offer @param {string} personaId @returns {Promise<Answer>} */
export const placeCall = (offer, personaId) =>
  request("/calls", json("POST", { sdp: offer.sdp, type: offer.type, persona_id: personaId }));

/** The same call over a new connection. @param {RTCSessionDescriptionInit} offer @param {string} token @returns {Promise<Answer>} */
export const resumeCall = (offer, token) =>
  request("/calls", json("POST", { sdp: offer.sdp, type: offer.type, resume_token: token }));

/** @param {string} callId @param {RTCIceCandidate[]} candidates */
export const trickle = (callId, candidates) =>
  request(
    callPath(callId),
    json("PATCH", {
      candidates: candidates.map(({ candidate, sdpMid, sdpMLineIndex }) => ({ candidate, sdpMid, sdpMLineIndex })),
    }),
  );

/** Ends a call; it also gets through while the page is being left. @param {string} callId */
export const endCall = (callId) => request(callPath(callId), { method: "DELETE", keepalive: true });

/** @param {string} path @param {Record<string, string|number|null>} query what is null is left out @returns {string} */
function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)]);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

const sessionPath = (/** @type {string} */ id) => `/sessions/${encodeURIComponent(id)}`;
const chatPath = (/** @type {string} */ id) => `/chat/sessions/${encodeURIComponent(id)}`;

/** @param {string} id @returns {Promise<{feedback: import("./report.js").Feedback, created_at: string}>} */
export const getFeedback = (id) => request(`${sessionPath(id)}/feedback`);

/** What happened in each of its calls. @param {string} id @returns {Promise<{calls: {call_id: string, events: import("./replay.js").Event[]}[]}>} */
export const getTimeline = (id) => request(`${sessionPath(id)}/timeline`);

/** @typedef {{id: string, call_id: string, media_type: string, begins: number, seconds: number|null, size: number|null,
 *   expires_at: string|null}} Recording times in s */

/** @param {string} id @returns {Promise<{recordings: Recording[]}>} */
export const getRecordings = (id) => request(`${sessionPath(id)}/recordings`);

/** @param {string} id of the session @param {string} which @param {(share: number) => void} advanced 0–1
 * @returns {Promise<Blob>} */
export async function fetchRecording(id, which, advanced) {
  const path = withQuery(`${sessionPath(id)}/recording`, { id: which });
  const response = await ask(path, { signal: AbortSignal.timeout(10 * 60_000) });
  const all = Number(response.headers.get("Content-Length"));
  const parts = /** @type {BlobPart[]} */ ([]);
  let had = 0;
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    parts.push(piece.value);
    had += piece.value.length;
    advanced(all ? had / all : 0);
  }
  return new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
}

/** @param {string} id of the session */
export const deleteRecording = (id) => request(`${sessionPath(id)}/recording`, { method: "DELETE" });

/** @param {string|null} after `next` of the page before @returns {Promise<{sessions: Session[], next: string|null}>} newest first */
export const getSessions = (after) => request(withQuery("/chat/sessions", { limit: 20, after }));

/** @param {string} id @returns {Promise<Session>} */
export const getSession = (id) => request(chatPath(id));

/** All that belongs to it goes with it. @param {string} id */
export const deleteSession = (id) => request(chatPath(id), { method: "DELETE" });

/** @param {string} id @param {string|null} after @returns {Promise<{messages: Message[], next: string|null}>} oldest first */
export const getMessages = (id, after) => request(withQuery(`${chatPath(id)}/messages`, { limit: 200, after }));

const personaPath = (/** @type {string} */ id) => `/personas/${encodeURIComponent(id)}`;
/** @typedef {import("./studio-fields.js").Draft} Draft @typedef {import("./studio-form.js").Fault} Fault */

/** What a form can offer. @returns {Promise<import("./studio-fields.js").Choices>} */
export const getChoices = () => request("/personas/choices");

/** All of a persona, to change it. @param {string} id @returns {Promise<Draft>} */
export const getPersonaFile = (id) => request(`${personaPath(id)}/file`);

/** @param {{id: string, name: string, description: string, gender: string}} about @returns {Promise<Draft>} */
export const makeDraft = (about) => request("/personas/template", json("POST", about));

/** @param {Draft} draft @returns {Promise<{valid: boolean, faults: Fault[]}>} */
export const checkPersona = (draft) => request("/personas/check", json("POST", draft));

/** What the draft says next; without lines it greets. @param {Draft} persona @param {{role: string, text: string}[]} lines
 * @returns {Promise<{text: string}>} */
export const tryPersona = (persona, lines) => request("/personas/try", json("POST", { persona, lines }));

/** @param {Draft} draft @returns {Promise<Persona>} */
export const addPersona = (draft) => request("/personas", json("POST", draft));

/** @param {Draft} draft @returns {Promise<Persona>} */
export const changePersona = (draft) => request(personaPath(draft.id), json("PUT", draft));

/** What it remembered goes with it. @param {string} id */
export const deletePersona = (id) => request(personaPath(id), { method: "DELETE" });

const memoryPath = (/** @type {string} */ id) => `/memories/${encodeURIComponent(id)}`;
/** @typedef {{id: string, slot: string, label: string, value: string, session: number, turn: number, at: string}} Fact
 * @typedef {{persona_id: string, persona_name: string, intimacy: number, casual_speech: boolean, sessions: number,
 *   summary: string, facts: Fact[], updated_at: string}} Remembered */

/** @returns {Promise<{memories: Remembered[]}>} */
export const getMemories = () => request("/memories");

/** @param {string} personaId @param {{summary?: string, casual_speech?: false}} change @returns {Promise<Remembered>} */
export const changeMemory = (personaId, change) => request(memoryPath(personaId), json("PATCH", change));

/** @param {string} personaId */
export const forgetAll = (personaId) => request(memoryPath(personaId), { method: "DELETE" });

const factPath = (/** @type {string} */ personaId, /** @type {string} */ id) => `${memoryPath(personaId)}/facts/${encodeURIComponent(id)}`;

/** @param {string} personaId @param {string} id @param {string} value @returns {Promise<Remembered>} */
export const correctFact = (personaId, id, value) => request(factPath(personaId, id), json("PATCH", { value }));

/** @param {string} personaId @param {string} id */
export const forgetFact = (personaId, id) => request(factPath(personaId, id), { method: "DELETE" });

/** @typedef {{to: string, version: string, required: boolean, title: string, text: string, without: string,
 *   granted: boolean|null, decided_at: string|null, applies: boolean, relevant: boolean}} Consent
 * @typedef {{consents: Consent[], ask: boolean, kept_days: Record<string, number>}} Consents
 * @typedef {{user_id: string, actor: string, action: string, target: string, created_at: string}} Access */

/** @returns {Promise<Consents>} */
export const getConsents = () => request("/users/me/consents");

/** @param {{to: string, version: string, granted: boolean}[]} decisions @returns {Promise<Consents>} */
export const putConsents = (decisions) => request("/users/me/consents", json("PUT", { decisions }));

/** @param {string|null} after @returns {Promise<{accesses: Access[], next: string|null}>} newest first */
export const getAccesses = (after) => request(withQuery("/users/me/accesses", { limit: 10, after }));

/** Everything of mine as a ZIP file. @returns {Promise<Blob>} */
export const exportMe = async () => (await ask("/users/me/export", { signal: AbortSignal.timeout(10 * 60_000) })).blob();

/** Erases everything of mine. */
export const eraseMe = () => request("/users/me", { method: "DELETE", signal: AbortSignal.timeout(60_000) });
