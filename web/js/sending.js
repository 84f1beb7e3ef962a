// What the person sends during a call: microphone and camera, switched off, on, or over to another device.
// It must not know the server or the captions; it says what happened in a notice.

import { openCamera, openMicrophone, rememberedChoice } from "./devices.js";
import { byId } from "./dom.js";
import { TEXT, faultText } from "./strings.js";

export class Sending {
  #closed = false;

  /**
   * @param {MediaStream} stream @param {{microphone: RTCRtpSender, camera: RTCRtpSender|null}} senders
   * @param {(text: string) => void} notice @param {(on: boolean) => void} filmed told when the camera went on or off
   */
  constructor(stream, senders, notice, filmed) {
    this.senders = senders;
    this.notice = notice;
    this.filmed = filmed;
    byId("stage").classList.remove("muted");
    this.#watchMicrophone(stream.getAudioTracks()[0]);
    this.#show(stream.getVideoTracks()[0] ?? null);
  }

  /** @param {boolean} muted */
  mute(muted) {
    const { track } = this.senders.microphone;
    if (track) track.enabled = !muted;
    byId("stage").classList.toggle("muted", muted);
    this.notice(muted ? TEXT.muted : TEXT.unmuted);
  }

  /** The camera's light goes out with it: the track is stopped, not blackened. @param {boolean} on @param {string} [why] */
  async film(on, why = TEXT.cameraStopped) {
    const sender = this.senders.camera;
    if (!sender || this.#closed) return;
    sender.track?.stop();
    const track = on ? await this.#openCamera() : null;
    if (this.#closed) return track?.stop();
    await sender.replaceTrack(track);
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
      await this.senders.microphone.replaceTrack(next);
      this.#watchMicrophone(next);
      this.notice(TEXT.micSwitched);
    });
  }

  close() {
    this.#closed = true;
    for (const sender of [this.senders.microphone, this.senders.camera]) sender?.track?.stop();
    byId("self-view").srcObject = null;
    byId("self-view").hidden = true;
  }
}
