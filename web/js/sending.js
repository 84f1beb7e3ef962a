// What the person sends during a call: microphone and camera, switched off, on, or over to another device.
// It must not know the server or the captions; it says what happened in a notice.

import { openCamera, openMicrophone, rememberedChoice } from "./devices.js";
import { byId } from "./dom.js";
import { TEXT, faultText } from "./strings.js";

export class Sending {
  #closed = false;

  /**
   * @param {import("./call.js").Call} call
   * @param {(text: string) => void} notice @param {(on: boolean) => void} filmed told when the camera went on or off
   */
  constructor(call, notice, filmed) {
    this.call = call;
    this.notice = notice;
    this.filmed = filmed;
    byId("stage").classList.remove("muted");
    this.#watchMicrophone(call.tracks.microphone);
    this.#show(call.tracks.camera);
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.call.tracks.microphone.enabled = !muted;
    byId("stage").classList.toggle("muted", muted);
    this.notice(muted ? TEXT.muted : TEXT.unmuted);
  }

  /** The camera's light goes out with it: the track is stopped, not blackened. @param {boolean} on @param {string} [why] */
  async film(on, why = TEXT.cameraStopped) {
    if (!this.call.withCamera || this.#closed) return;
    this.call.tracks.camera?.stop();
    const track = on ? await this.#openCamera() : null;
    if (this.#closed) return track?.stop();
    await this.call.send("camera", track);
    this.#show(track);
    if (track || !on) this.notice(track ? TEXT.cameraStarted : why);
  }

  /** @returns {Promise<MediaStreamTrack|null>} null after saying why not */
  async #openCamera() {
    try {
      return await openCamera(rememberedChoice().camera);
    } catch (fault) {
      this.notice(faultText(fault).title);
      return null;
    }
  }

  /** @param {MediaStreamTrack|null} camera */
  #show(camera) {
    const view = byId("self-view");
    view.srcObject = camera ? new MediaStream([camera]) : null;
    view.hidden = !camera;
    camera?.addEventListener("ended", () => this.film(false, TEXT.cameraGone));
    this.filmed(Boolean(camera));
  }

  /** When the microphone is pulled out, the next best one takes over. @param {MediaStreamTrack} track */
  #watchMicrophone(track) {
    track.addEventListener("ended", async () => {
      const next = this.#closed ? null : await openMicrophone().catch(() => null);
      if (this.#closed) return next?.stop();
      if (!next) return this.notice(TEXT.micGone);
      next.enabled = track.enabled;
      await this.call.send("microphone", next);
      this.#watchMicrophone(next);
      this.notice(TEXT.micSwitched);
    });
  }

  close() {
    this.#closed = true;
    this.call.tracks.microphone.stop();
    this.call.tracks.camera?.stop();
    byId("self-view").srcObject = null;
    byId("self-view").hidden = true;
  }
}
