"""The data channel's language: RTVI envelopes from events, and what a client may say. Pure parse and format.

It must not know aiortc. Types that RTVI names are RTVI's; ours ride in `server-message` with a `kind`. Times are
seconds since the call began. A SCORE is `{"value": 0–100 | null, "confidence": 0–1, "reason": null | string}`: a whole
number, or null with the reason why it was not measured ("too_little_speech" …), never 0 for it. EMOTIONS are the eight
classes 기쁨 슬픔 분노 놀람 두려움 혐오 중립 경멸 → probability; show `polarity` (긍정 중립 부정) first.

From the server, in `server-message.data` by `kind` (made in signaling/wire_coach.py but for `state` and `notice`):

- `state`     `{state: listening | thinking | speaking, t}`
- `face`      at most 4 a second: `{t, found, faces, problem: null | no_face | face_too_small | face_cut_off,
              expression: null | {polarity, label, confidence, probabilities: EMOTIONS, model}, looking: bool | null,
              smile: 0–1 | null, head: null | {yaw, pitch, roll}}`; `looking`: towards the screen; `head` in degrees
              against the person's own baseline once there is one; the expression is smoothed
- `tone`      one a turn: `{turn, t0, t1, scores: {pitch, rate, volume, voice_tone: SCORE}, measures: {pitch, rate,
              volume, level, voiced, pauses}}`: semitones, syllables/s, dB of unevenness, dBFS, s, count; may be null
- `words`     one a turn: `{turn, t0, t1, text, levels: [하십시오체 | 해요체 | 해체 | 해라체 | unknown],
              mentions: [{kind, quote, start, end}], scores: {sentiment, empathy, politeness, word_choice: SCORE},
              emotion: {polarity | null, label | null, confidence, probabilities: EMOTIONS, sources: [text, voice,
              face], reason}}`; mention kinds: analysis.readings.MentionKind
- `feedback`  every few seconds: `{final: false, t, status: waiting | partial | ready, scores: {total_score,
              likability, initiative, tone, concentration, gaze_stability, blinking, posture: SCORE}, expression:
              {value: 긍정적 | 중립 | 부정적 | null, confidence, reason}, measures, strength: null | {metric, gain,
              text}, improvement: alike, summary, report: null}`; the last has `final: true` and the stored contract
              in `report`
- `tip`       `{t, id, text}`, at most one in 20 s, never while somebody speaks
- `notice`    `{code, message}`: waiting (the two-turn gate), no_face, call_too_long …

From the client beside RTVI's own (`client-ready`, `disconnect-bot`, `send-text`), each a `client-message`:

- `{"t": "ping"}` keeps the call alive
- `{"t": "devices", "d": {"auto_gain": bool}}` what the microphone's MediaStreamTrack settings say; the same key may
  stand in `client-ready`'s data. Where the browser levels the voice, the evenness of its volume counts half.
- `{"t": "calibrate", "d": {"state": "begin" | "end" | "cancel"}}` around the step in which the person looks at her
  with a resting face and says one sentence. Sent before `client-ready` it also holds her greeting back. What is said in
  between is no turn of the talk. Each is answered by a `server-response` with the same id: `{"t": "calibrate", "d":
  {"state": "begun" | "done" | "cancelled" | "failed", "face": bool, "voice": bool, "reason": null | string}}`. `end` is
  answered once the sentence has been measured, within 4 s; `failed`: neither was, and the first seconds stand in.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from analysis.types import AnalyzerFault, SpeechConfirmed, SpeechStopped, Utterance
from media.timeline import Event
from persona.types import DialogueFault, ReplyEnded, ReplyStarted, Said, StateChanged, TurnDelays

LABEL = "rtvi-ai"
PROTOCOL = "2.1.0"  # RTVI
MAX_MESSAGE = 16 * 1024  # bytes a client may send at once
_ids = itertools.count(1)


def envelope(kind: str, data: Mapping[str, Any] | None = None, reply_to: str | None = None) -> str:
    """One message: `{"label", "id", "type", "data"}`."""
    identity = reply_to or f"s{next(_ids)}"
    return orjson.dumps(
        {"label": LABEL, "id": identity, "type": kind, "data": dict(data or {})}, option=orjson.OPT_SERIALIZE_NUMPY
    ).decode()


def ours(kind: str, **data: Any) -> str:
    """Of our own: a `server-message` whose data has `kind` = face | tone | words | feedback | tip | notice | state."""
    return envelope("server-message", {"kind": kind, **data})


def bot_ready(about: Mapping[str, Any]) -> str:
    return envelope("bot-ready", {"version": PROTOCOL, "about": about})


def notice(code: str, message: str) -> str:
    return ours("notice", code=code, message=message)


# Why we end a call that the person did not end: told as a `notice` with the reason as its code.
FAREWELLS = {
    "server_stopping": "서버를 멈추게 되어 통화를 마칠게요.",
    "consent_withdrawn": "동의를 거두셔서 통화를 마칠게요.",
    "erased": "기록을 모두 지우기 위해 통화를 마칠게요.",
    "session_deleted": "이 대화의 기록을 지우기 위해 통화를 마칠게요.",
}


# What becomes of the recording: told as a `notice` with this code.
RECORDING = {
    "recording_on": "이 통화를 녹화하고 있어요.",
    "recording_off": "녹화를 멈췄어요.",
    "recording_failed": "녹화가 중단됐어요. 통화는 이어져요.",
}


def error(code: str, message: str, fatal: bool = False) -> str:
    return envelope("error", {"code": code, "error": message, "message": message, "fatal": fatal})


def messages_of(event: Event, wall_clock: str) -> list[str]:
    """What the browser is told of one event; [] for what is not its business. `wall_clock` is ISO 8601."""
    match event:
        case SpeechConfirmed():
            return [envelope("user-started-speaking", {"t": event.onset})]
        case SpeechStopped():
            return [envelope("user-stopped-speaking", {"t": event.t})]
        case Utterance(text=text) if text:
            data = {"text": text, "final": True, "timestamp": wall_clock, "user_id": "user"}
            return [envelope("user-transcription", {**data, "turn": event.turn, "confidence": event.confidence})]
        case ReplyStarted():
            return [envelope("bot-started-speaking", {"turn": event.turn, "t": event.t})]
        case Said():
            return [
                envelope("bot-transcription", {"text": event.text, "turn": event.turn, "t": event.t}),
                envelope("bot-tts-text", {"text": event.text}),
                envelope(
                    "bot-output",
                    {"text": event.text, "aggregated_by": "sentence", "spoken": True, "will_be_spoken": True},
                ),
            ]
        case ReplyEnded():
            data = {"turn": event.turn, "t": event.t, "heard": event.heard, "interrupted": event.interrupted}
            return [envelope("bot-stopped-speaking", data)]
        case StateChanged():
            return [ours("state", state=event.state, mood=event.mood, t=event.t)]
        case TurnDelays():
            return [envelope("metrics", _metrics(event))]
        case DialogueFault():
            return [error(event.code, event.message)]
        case AnalyzerFault():
            return [error(event.code, f"{event.analyzer}: {event.message}")]
        case _:
            return []


def _metrics(delays: TurnDelays) -> dict[str, Any]:
    steps = {
        "endpointing": delays.endpointing,
        "recognition": delays.recognition,
        "language-model": delays.first_text,
        "voice": delays.first_sound,
        "turn": delays.total,
    }
    ttfb = [{"processor": name, "value": value} for name, value in steps.items() if value is not None]
    return {"ttfb": ttfb, "turn": delays.turn}


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """What a client said. `ping` keeps the call alive; `ready` asks for `bot-ready`; `bye` ends the call.

    `data` of `devices`, `calibrate` and `token` is what stood in their "d".
    """

    kind: Literal["ready", "ping", "bye", "text", "devices", "calibrate", "token", "other", "bad"]
    id: str = ""
    data: Mapping[str, Any] | None = None
    problem: str = ""


def read_client(raw: str | bytes) -> ClientMessage:
    """Parse one incoming message; what cannot be read is `bad` with its problem, never an exception."""
    if isinstance(raw, bytes):
        return ClientMessage("bad", problem="messages are text")
    if len(raw) > MAX_MESSAGE or len(raw.encode("utf-8", "replace")) > MAX_MESSAGE:
        return ClientMessage("bad", problem=f"a message may have at most {MAX_MESSAGE} bytes")
    if raw.startswith("ping"):
        return ClientMessage("ping")  # Pipecat's transport keeps alive with a bare "ping: <ms>"
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return ClientMessage("bad", problem="this is no JSON")
    if not isinstance(message, dict):
        return ClientMessage("bad", problem="a message is a JSON object")
    identity = str(message.get("id", ""))[:64]
    kind, data = message.get("type"), message.get("data")
    data = data if isinstance(data, dict) else {}
    if kind == "signalling":
        return ClientMessage("other", identity, message)
    if message.get("label") != LABEL or not isinstance(kind, str):
        return ClientMessage("bad", identity, problem=f'a message has "label": "{LABEL}" and a "type"')
    if kind == "client-ready":
        return ClientMessage("ready", identity, data)
    if kind == "client-message":
        return _client_message(identity, data)
    if kind == "disconnect-bot":
        return ClientMessage("bye", identity, data)
    if kind == "send-text":
        if not isinstance(data.get("content"), str):
            return ClientMessage("bad", identity, problem='"send-text" has a "content" that is text')
        return ClientMessage("text", identity, data)
    return ClientMessage("other", identity, data)


def _client_message(identity: str, data: Mapping[str, Any]) -> ClientMessage:
    """What rides in RTVI's `client-message`: `{"t", "d"}`."""
    inside = data.get("d")
    inside = inside if isinstance(inside, dict) else {}
    match data.get("t"):
        case "ping":
            return ClientMessage("ping", identity, data)
        case "devices" | "token" as kind:
            return ClientMessage(kind, identity, inside)
        case "calibrate" if inside.get("state") in ("begin", "end", "cancel"):
            return ClientMessage("calibrate", identity, inside)
        case "calibrate":
            return ClientMessage("bad", identity, problem='"calibrate" has a "state": begin, end or cancel')
        case _:
            return ClientMessage("other", identity, data)
