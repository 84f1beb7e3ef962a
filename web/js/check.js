// The device check: sees and hears the person before the call, and hands over the opened devices.
// It must not know the call that follows.

import { byId, clearFault, fillSelect, showFault } from "./dom.js";
import { canChooseSpeaker, listDevices, onDevicesChanged, openCamera, openMicrophone, playThrough, rememberChoice, rememberedChoice } from "./devices.js";
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
  }

  async open() {
    byId("camera-on").checked = this.choice.cameraOn ?? true;
    this.#stopListening = onDevicesChanged(() => this.#list());
    await this.#openAll();
  }

  /** Both at once from the person's view: the microphone decides whether a call is possible at all. */
  async #openAll() {
    const turn = ++this.#opening;
    this.#release();
    clearFault(byId("check-fault"));
    byId("start-call").disabled = true;
    const faults = [];
    for (const open of [() => this.#openMicrophone(), () => this.#openCamera()]) {
      await open().catch((fault) => faults.push(fault));
      if (turn !== this.#opening) return;
    }
    await this.#list();
    if (faults.length) showFault(byId("check-fault"), faultText(faults[0]), [{ label: TEXT.retry, run: () => this.#openAll() }]);
    byId("start-call").disabled = !this.#microphone;
    byId("start-call").lastElementChild.textContent = this.#camera ? TEXT.call : TEXT.callByVoice;
  }

  async #openMicrophone() {
    const turn = this.#opening;
    const track = await openMicrophone(this.choice.microphone);
    if (turn !== this.#opening) return track.stop();
    this.#microphone = track;
    this.#meter = new LevelMeter(new MediaStream([track]));
    this.#quietSince = performance.now();
    byId("mic-hint").textContent = TEXT.micWaiting;
    this.#showLevel();
  }

  async #openCamera() {
    const turn = this.#opening;
    const preview = byId("preview");
    const off = byId("preview-off");
    preview.srcObject = null;
    off.hidden = false;
    off.textContent = TEXT.cameraOff;
    if (!byId("camera-on").checked) return;
    off.textContent = TEXT.cameraOpening;
    try {
      const track = await openCamera(this.choice.camera);
      if (turn !== this.#opening) return track.stop();
      this.#camera = track;
      preview.srcObject = new MediaStream([track]);
      off.hidden = true;
    } catch (fault) {
      off.textContent = TEXT.cameraOff;
      byId("camera-on").checked = false;
      throw fault;
    }
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

  #showLevel() {
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
