// The server's HTTP interface as the pages use it, with every failure as one ApiFault.
// It must not know the screens, WebRTC or what is done with an answer.

/**
 * @typedef {{id: string, name: string, age: number, mbti: string, job: string, personality: string[],
 *   hobbies: string[], tagline?: string, portrait?: string}} Persona
 * @typedef {{status: string, engines?: {stt?: string, llm?: string, tts?: string},
 *   calls?: {active: number, limit: number}}} Health
 * @typedef {{call_id: string, session_id: string, pc_id: string, sdp: string, type: "answer",
 *   resume_token: string}} Answer
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
async function request(path, init = {}) {
  let response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT), cache: "no-store", ...init });
  } catch (cause) {
    throw new ApiFault({ status: 0, code: "unreachable", message: String(cause), retryAfter: null });
  }
  if (!response.ok) throw await faultOf(response);
  return response.json().catch(() => null);
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

/** @returns {Promise<Health>} */
export const getHealth = () => request("/health");

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

const sessionPath = (/** @type {string} */ id) => `/sessions/${encodeURIComponent(id)}`;

/** @param {string} id @returns {Promise<{feedback: import("./report.js").Feedback, created_at: string}>} */
export const getFeedback = (id) => request(`${sessionPath(id)}/feedback`);
