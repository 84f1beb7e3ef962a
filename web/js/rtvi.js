// The data channel's envelope (RTVI): text to message and back, nothing else.
// It must not know the channel, the screens or what a message leads to.

/**
 * @typedef {{type: string, data: any}} Message
 * Types used here: bot-ready, user-started-speaking, user-stopped-speaking, user-transcription, bot-started-speaking,
 * bot-stopped-speaking, bot-transcription, error; ours ride in server-message and are given as `server:<kind>`, answers
 * to ours in server-response as `answer:<what was asked>`.
 */

const LABEL = "rtvi-ai";
export const VERSION = "2.1.0";

/** @param {string} type @param {unknown} [data] @returns {string} */
export function format(type, data) {
  return JSON.stringify({ label: LABEL, id: shortId(), type, ...(data === undefined ? {} : { data }) });
}

/** What arrived, or null for what is no message of ours. @param {unknown} text @returns {Message|null} */
export function parse(text) {
  if (typeof text !== "string") return null;
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (message?.label !== LABEL || typeof message.type !== "string") return null;
  const data = message.data ?? {};
  if (message.type === "server-message") return { type: `server:${data.kind ?? ""}`, data };
  if (message.type === "server-response") return { type: `answer:${data.t ?? ""}`, data: data.d ?? {} };
  return { type: message.type, data };
}

export const clientReady = () =>
  format("client-ready", { version: VERSION, about: { library: "deyeonso-web", library_version: "1" } });

/** Tells the server that this side is alive, also while the microphone is muted. */
export const ping = () => format("client-message", { t: "ping" });

/** What the browser does to the microphone's sound; a level it evens out says less. @param {MediaStreamTrack} microphone */
export const devices = (microphone) =>
  format("client-message", { t: "devices", d: { auto_gain: microphone.getSettings().autoGainControl ?? false } });

/** @param {"begin"|"end"|"cancel"} state */
export const calibrate = (state) => format("client-message", { t: "calibrate", d: { state } });

/** Unique within one call; not a secret (and `crypto.randomUUID` is absent where the origin is not secure). */
function shortId() {
  return Math.random().toString(36).slice(2, 10);
}
