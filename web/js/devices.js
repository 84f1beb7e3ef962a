// Microphone, camera and loudspeaker: opening, listing, choosing, and naming what went wrong as a MediaFault.
// It must not know the screens or the call.

import { keep, kept } from "./kept.js";

/**
 * @typedef {"microphone"|"camera"} Device
 * @typedef {"denied"|"missing"|"busy"|"insecure"|"unknown"} Reason
 * @typedef {{microphone?: string, camera?: string, speaker?: string, cameraOn?: boolean}} Choice device ids
 */

/** A device that could not be opened. */
export class MediaFault extends Error {
  /** @param {Device} device @param {Reason} reason @param {boolean} bySystem refused by the operating system */
  constructor(device, reason, bySystem = false) {
    super(`${device}: ${reason}`);
    this.name = "MediaFault";
    this.device = device;
    this.reason = reason;
    this.bySystem = bySystem;
  }
}

/** @type {Record<string, Reason>} */
const REASONS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

const wish = (/** @type {string|undefined} */ id) => (id ? { deviceId: { ideal: id } } : {});

/**
 * Her voice must not come back as yours, so echo is cancelled; the level is left alone, since how loud and how
 * evenly you speak is part of the feedback. @param {string} [id] @returns {MediaTrackConstraints}
 */
const sound = (id) => ({ echoCancellation: true, noiseSuppression: true, autoGainControl: false, channelCount: 1, ...wish(id) });

/** @param {string} [id] @returns {MediaTrackConstraints} */
const picture = (id) => ({ width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 20, max: 24 }, facingMode: "user", ...wish(id) });

/** @param {MediaStreamConstraints} constraints @param {Device} device @returns {Promise<MediaStreamTrack[]>} throws MediaFault */
async function open(constraints, device) {
  if (!navigator.mediaDevices?.getUserMedia) throw new MediaFault(device, "insecure");
  try {
    return (await navigator.mediaDevices.getUserMedia(constraints)).getTracks();
  } catch (cause) {
    const { name, message } = /** @type {DOMException} */ (cause);
    throw new MediaFault(device, REASONS[name] ?? "unknown", /system/i.test(message));
  }
}

/** @param {string} [id] */
export const openMicrophone = async (id) => (await open({ audio: sound(id) }, "microphone"))[0];

/** @param {string} [id] */
export const openCamera = async (id) => (await open({ video: picture(id) }, "camera"))[0];

/**
 * Both at once, so that the browser asks once; if that fails each alone, so that one that works can be used and the
 * other's fault has a name.
 * @param {Choice} choice
 * @returns {Promise<{microphone: MediaStreamTrack|null, camera: MediaStreamTrack|null, faults: MediaFault[]}>}
 */
export async function openDevices({ microphone, camera, cameraOn = true }) {
  const faults = /** @type {MediaFault[]} */ ([]);
  const alone = (/** @type {Promise<MediaStreamTrack>} */ opening) => opening.catch((fault) => (faults.push(fault), null));
  if (!cameraOn) return { microphone: await alone(openMicrophone(microphone)), camera: null, faults };
  const both = await open({ audio: sound(microphone), video: picture(camera) }, "microphone").catch(() => null);
  if (both) {
    const of = (/** @type {string} */ kind) => both.find((track) => track.kind === kind) ?? null;
    return { microphone: of("audio"), camera: of("video"), faults };
  }
  return { microphone: await alone(openMicrophone(microphone)), camera: await alone(openCamera(camera)), faults };
}

/** @returns {Promise<Record<"microphone"|"camera"|"speaker", MediaDeviceInfo[]>>} */
export async function listDevices() {
  const all = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
  const of = (/** @type {MediaDeviceKind} */ kind) => all.filter((device) => device.kind === kind && device.deviceId !== "");
  return { microphone: of("audioinput"), camera: of("videoinput"), speaker: of("audiooutput") };
}

/** @param {() => void} listener called when a device is plugged in or out @returns {() => void} stops listening */
export function onDevicesChanged(listener) {
  navigator.mediaDevices?.addEventListener?.("devicechange", listener);
  return () => navigator.mediaDevices?.removeEventListener?.("devicechange", listener);
}

/** @param {HTMLMediaElement} element @param {string|undefined} deviceId the default where a choice is not possible */
export async function playThrough(element, deviceId) {
  if (deviceId && "setSinkId" in element) await element.setSinkId(deviceId).catch(() => {});
}

export const canChooseSpeaker = () => "setSinkId" in HTMLMediaElement.prototype;

/** @returns {Choice} */
export const rememberedChoice = () => kept("devices") ?? {};

/** @param {Choice} choice */
export const rememberChoice = (choice) => keep("devices", choice);
