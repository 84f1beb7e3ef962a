// The call's screen: brings one Call together with portrait, captions, controls and notices until it ends.
// It must not know how a call works inside, nor which screen comes before or after.

import { Calibration, isWanted } from "./calibration.js";
import { Call } from "./call.js";
import { CaptionView, Conversation } from "./captions.js";
import { CoachCard } from "./coach.js";
import { Controls } from "./controls.js";
import { playThrough, rememberedChoice } from "./devices.js";
import { button, byId, clearFault, clock, make, showFault, showToast } from "./dom.js";
import { portraitOf } from "./lobby.js";
import { Portrait, loadPortrait } from "./portrait.js";
import { Sending } from "./sending.js";
import { LevelMeter } from "./sound.js";
import { stayIn } from "./staying.js";
import { ENDINGS, NOTICES, QUALITY, STATES, TEXT, faultText } from "./strings.js";

/**
 * @typedef {{persona: import("./api.js").Persona, lines: import("./captions.js").Line[], began: boolean, seconds: number, sessionId: string,
 *   analysed: boolean, gone: Promise<unknown>}} Memory analysed: the coach has spoken, so there will be a report;
 *   gone: once the server knows that the call is over
 */

const TOAST = 7_000; // ms a notice stays

export class Stage {
  #conversation = new Conversation();
  #portrait = /** @type {Portrait|null} */ (null);
  #meter = /** @type {LevelMeter|null} */ (null);
  #calibration = /** @type {Calibration|null} */ (null);
  #wake = /** @type {any} */ (null);
  #begun = 0; // ms, performance time of the connection
  #ticking = 0;
  #ending = ""; // why the server is about to end the call
  #closed = false;

  /**
   * @param {import("./api.js").Persona} persona @param {MediaStream} stream
   * @param {{left: (memory: Memory) => void, again: () => void, offline: boolean}} wishes
   */
  constructor(persona, stream, wishes) {
    this.persona = persona;
    this.wishes = wishes;
    this.view = new CaptionView(persona.name);
    this.call = new Call(persona.id, stream);
    stayIn(this.call);
    this.coach = new CoachCard(this.call.withCamera);
    this.controls = new Controls({
      microphone: (on) => this.sending.mute(!on),
      camera: (on) => this.sending.film(on),
      captions: (on) => (byId("talk").hidden = !on),
      hangUp: () => this.#leave(),
    });
    this.#setScene();
    const notice = (/** @type {string} */ text) => this.#toast(text);
    this.sending = new Sending(this.call, notice, (filming) => this.controls.set("camera", filming));
    if (!this.call.withCamera) this.controls.disable("camera", TEXT.noCameraThisCall);
    this.#listen();
  }

  async place() {
    byId("call-title").focus();
    loadPortrait(portraitOf(this.persona)).then((svg) => this.#seat(svg), () => {}); // the call goes on without a picture
    try {
      await this.call.place();
    } catch (fault) {
      if (!this.#closed) this.#fail(faultText(fault));
    }
  }

  #setScene() {
    byId("call-name").textContent = this.persona.name;
    byId("portrait").setAttribute("aria-label", `${this.persona.name}, AI 페르소나의 그림`);
    byId("portrait").replaceChildren();
    byId("toasts").replaceChildren();
    byId("recording-badge").hidden = true;
    byId("timer").textContent = clock(0);
    byId("call-offline-note").hidden = !this.wishes.offline;
    byId("call-offline-note").textContent = TEXT.offline;
    byId("talk").hidden = false;
    clearFault(byId("call-fault"));
    this.controls.set("microphone", true);
    this.controls.set("captions", true);
    this.#show("connecting");
    this.#showQuality("unknown");
  }

  #listen() {
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ run) =>
      this.call.addEventListener(type, (event) => run(/** @type {CustomEvent} */ (event).detail));
    on("connected", () => this.#begin());
    on("open", () => this.#prepare());
    on("voice", (stream) => this.#hear(stream));
    on("message", (message) => this.#take(message));
    on("quality", ({ level }) => this.#showQuality(level));
    on("trouble", () => this.#toast(TEXT.trouble));
    on("recovered", () => this.#toast(TEXT.recovered));
    on("ended", (reason) => (reason === "hung-up" ? this.#goodbye() : this.#fail(ENDINGS[this.#ending || reason])));
  }

  /** @param {SVGSVGElement} svg */
  #seat(svg) {
    if (this.#closed) return;
    byId("portrait").replaceChildren(svg);
    this.#portrait = new Portrait(svg);
    this.#portrait.voice = this.#meter;
    this.#portrait.doing = byId("stage").dataset.state;
    this.#portrait.start();
  }

  #begin() {
    this.#begun = performance.now();
    this.#ticking = setInterval(() => (byId("timer").textContent = clock(this.#seconds())), 500);
    this.#show("listening");
    navigator.wakeLock?.request("screen").then((lock) => void (this.#closed ? lock.release() : (this.#wake = lock)), () => {});
  }

  /** She is told to begin once the person is ready. */
  async #prepare() {
    if (this.#calibration) return; // a new connection in the middle of it: it goes on, or runs out of time
    if (isWanted()) {
      this.#calibration = new Calibration(this.call, this.persona.name);
      this.#toast(await this.#calibration.run());
    }
    if (!this.#closed) this.call.ready();
  }

  #seconds() {
    return this.#begun ? (performance.now() - this.#begun) / 1000 : 0;
  }

  /** @param {MediaStream} stream */
  async #hear(stream) {
    const voice = byId("her-voice");
    voice.srcObject = stream;
    await playThrough(voice, rememberedChoice().speaker);
    voice.play().catch((/** @type {DOMException} */ cause) => {
      if (cause.name === "NotAllowedError") this.#toast(TEXT.soundBlocked, button(TEXT.playSound, () => voice.play()), 60_000);
    });
    this.#meter?.close();
    this.#meter = new LevelMeter(stream);
    if (this.#portrait) this.#portrait.voice = this.#meter;
  }

  /** @param {import("./rtvi.js").Message} message */
  #take(message) {
    const { type, data } = message;
    this.coach.take(message);
    if (type === "bot-ready") byId("recording-badge").hidden = !data?.about?.recording;
    else if (type === "server:notice" && data.code.startsWith("recording_")) byId("recording-badge").hidden = data.code !== "recording_on";
    this.#calibration?.take(message);
    if (this.#conversation.take(message, this.#seconds())) this.view.show(this.#conversation);
    if (type === "user-started-speaking" || type === "user-stopped-speaking") this.#notePerson(type === "user-started-speaking");
    else if (type === "server:state" && data.state in STATES) this.#show(data.state, data.mood);
    else if (type === "bot-started-speaking") this.#show("speaking");
    else if (type === "bot-stopped-speaking" && byId("stage").dataset.state === "speaking") this.#show("listening");
    else if (type === "server:notice" && data.code in ENDINGS) this.#ending = data.code;
    else if (type === "server:tip") this.#toast(data.text, null, TOAST, "toast tip");
    else if (type === "server:notice" && !this.coach.says(data.code)) this.#toast(NOTICES[data.code] ?? data.message);
    else if (type === "error") this.#toast(NOTICES[data.code]); // what only the analysis missed need not interrupt
  }

  /** @param {boolean} speaks */
  #notePerson(speaks) {
    byId("stage").classList.toggle("person-speaks", speaks);
    if (this.#portrait) this.#portrait.personSpeaks = speaks;
  }

  /** @param {import("./portrait.js").Doing} doing @param {import("./motion.js").Mood} [mood] of what she says */
  #show(doing, mood) {
    byId("stage").dataset.state = doing;
    byId("her-state").textContent = STATES[doing];
    if (this.#portrait) this.#portrait.doing = doing;
    if (this.#portrait && mood) this.#portrait.mood = mood;
  }

  /** @param {import("./link.js").Quality["level"]} level */
  #showQuality(level) {
    byId("quality").dataset.level = level;
    byId("quality").setAttribute("aria-label", (byId("quality").title = QUALITY[level]));
  }

  /** @param {string|undefined} text @param {Node|null} [action] @param {number} [stay] ms @param {string} [kind] */
  #toast(text, action = null, stay = TOAST, kind = "toast") {
    if (text) showToast(byId("toasts"), make("p", { class: kind }, text, action), stay);
  }

  #leave() {
    if (this.#closed) this.#goodbye(); // the call broke before; the fault's panel is still up
    else this.call.hangUp();
  }

  #goodbye() {
    const seconds = this.#seconds();
    this.#close();
    this.controls.close();
    const { persona, coach, call } = this;
    const { lines } = this.#conversation;
    this.wishes.left({ began: this.#begun > 0, persona, lines, seconds, sessionId: call.sessionId, analysed: coach.spoke, gone: call.gone });
  }

  /** @param {import("./strings.js").FaultText} text */
  #fail(text) {
    const talked = this.#conversation.lines.length > 0;
    const again = () => {
      this.controls.close();
      this.wishes.again();
    };
    this.#show("away");
    this.#close();
    this.controls.rest();
    showFault(byId("call-fault"), text, [
      { label: TEXT.callAgain, run: again },
      { label: talked ? TEXT.leave : TEXT.back, run: () => this.#goodbye() },
    ]);
    byId("call-fault").querySelector("button")?.focus();
  }

  #close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#calibration?.close();
    clearInterval(this.#ticking);
    this.#notePerson(false);
    this.#meter?.close();
    this.#portrait?.stop();
    this.#wake?.release().catch(() => {});
    this.sending.close();
    byId("her-voice").srcObject = null;
  }
}
