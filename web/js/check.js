// The device check: sees and hears the person before the call, and hands over the opened devices.
// It must not know the call that follows.

import * as calibration from "./calibration.js";
import { byId, clearFault, fillSelect, showFault } from "./dom.js";
import { canChooseSpeaker, listDevices, onDevicesChanged, openDevices, playThrough, rememberChoice, rememberedChoice } from "./devices.js";
import { LevelMeter, chime } from "./sound.js";
import { TEXT, faultText } from "./strings.js";

const SILENCE = 6_000; // ms without a sound before the person is asked to look at the microphone
const HEARD = 0.35; // level that counts as a voice

export class DeviceCheck {
  #microphone = /** @type {MediaStreamTrack|null} */ (null);
  #camera = /** @type {MediaStreamTrack|null} */ (null);
  #meter = /** @type {LevelMeter|null} */ (null);
  #frame = 0;
  #quietSince = 0;
  #stopListening = () => {};
  #opening = 0; // counts, so that a device opened too late is closed again

  constructor() {
    this.choice = rememberedChoice();
    byId("microphone").addEventListener("change", () => this.#choose("microphone"));
    byId("camera").addEventListener("change", () => this.#choose("camera"));
    byId("speaker").addEventListener("change", () => this.#choose("speaker"));
    byId("camera-on").addEventListener("change", () => this.#choose("camera"));
    byId("speaker-test").addEventListener("click", () => this.#testSpeaker());
    byId("speaker").hidden = !canChooseSpeaker();
    byId("calibrate-on").checked = calibration.isWanted();
    byId("calibrate-on").addEventListener("change", () => calibration.remember(byId("calibrate-on").checked));
  }

  async open() {
    this.#stopListening = onDevicesChanged(() => this.#list());
    await this.#openAll();
  }

  async #openAll() {
    const turn = ++this.#opening;
    this.#release();
    clearFault(byId("check-fault"));
    byId("start-call").disabled = true;
    byId("camera-on").checked = this.choice.cameraOn ?? true;
    this.#showPicture(null, byId("camera-on").checked ? TEXT.cameraOpening : TEXT.cameraOff);
    const { microphone, camera, faults } = await openDevices(this.choice);
    if (turn !== this.#opening) return [microphone, camera].forEach((track) => track?.stop());
    this.#microphone = microphone;
    this.#camera = camera;
    if (microphone) this.#watchLevel(microphone);
    this.#showPicture(camera, TEXT.cameraOff);
    byId("camera-on").checked = camera !== null;
    await this.#list();
    if (faults.length) showFault(byId("check-fault"), faultText(faults[0]), [{ label: TEXT.retry, run: () => this.#openAll() }]);
    byId("start-call").disabled = !microphone;
    byId("start-call").lastElementChild.textContent = camera ? TEXT.call : TEXT.callByVoice;
  }

  /** @param {MediaStreamTrack|null} camera @param {string} otherwise */
  #showPicture(camera, otherwise) {
    byId("preview").srcObject = camera ? new MediaStream([camera]) : null;
    byId("preview-off").hidden = camera !== null;
    byId("preview-off").textContent = otherwise;
  }

  async #list() {
    const devices = await listDevices();
    fillSelect(byId("microphone"), devices.microphone, this.#microphone?.getSettings().deviceId);
    fillSelect(byId("camera"), devices.camera, this.#camera?.getSettings().deviceId ?? this.choice.camera);
    fillSelect(byId("speaker"), devices.speaker, this.choice.speaker, TEXT.defaultSpeaker);
    byId("camera").disabled ||= !byId("camera-on").checked;
  }

  /** @param {"microphone"|"camera"|"speaker"} device */
  async #choose(device) {
    this.choice = { ...this.choice, [device]: byId(device).value || undefined, cameraOn: byId("camera-on").checked };
    rememberChoice(this.choice);
    if (device !== "speaker") await this.#openAll();
  }

  /** @param {MediaStreamTrack} microphone */
  #watchLevel(microphone) {
    this.#meter = new LevelMeter(new MediaStream([microphone]));
    this.#quietSince = performance.now();
    byId("mic-hint").textContent = TEXT.micWaiting;
    const meter = byId("mic-meter");
    const show = () => {
      const level = this.#meter?.read().level ?? 0;
      const now = performance.now();
      if (level > HEARD) {
        this.#quietSince = now;
        byId("mic-hint").textContent = TEXT.micWorks;
      } else if (now - this.#quietSince > SILENCE) byId("mic-hint").textContent = TEXT.micSilent;
      meter.firstElementChild.style.setProperty("--level", level.toFixed(3));
      meter.setAttribute("aria-valuenow", String(Math.round(level * 100)));
      this.#frame = requestAnimationFrame(show);
    };
    show();
  }

  async #testSpeaker() {
    const test = byId("speaker-test");
    test.disabled = true;
    const player = new Audio();
    const { stream, done } = chime();
    player.srcObject = stream;
    await playThrough(player, this.choice.speaker);
    await player.play().catch(() => {});
    await done;
    test.disabled = false;
  }

  /** Closes the screen and hands the open devices over: the caller stops them. @returns {MediaStream} */
  take() {
    const tracks = [this.#microphone, this.#camera].filter((track) => track !== null);
    this.#microphone = this.#camera = null;
    this.close();
    return new MediaStream(tracks);
  }

  close() {
    this.#opening += 1;
    this.#stopListening();
    this.#release();
  }

  #release() {
    cancelAnimationFrame(this.#frame);
    this.#meter?.close();
    this.#meter = null;
    this.#microphone?.stop();
    this.#camera?.stop();
    this.#microphone = this.#camera = null;
    byId("preview").srcObject = null;
    byId("mic-hint").textContent = "";
  }
}
