"""The data channel's language: RTVI envelopes from events, and what a client may say. Pure parse and format.

It must not know aiortc. Types that RTVI names are RTVI's; ours ride in `server-message` with a `kind`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from analysis.types import AnalyzerFault, FaceReading, SpeechConfirmed, SpeechStopped, Utterance
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
            return [ours("state", state=event.state, t=event.t)]
        case TurnDelays():
            return [envelope("metrics", _metrics(event))]
        case FaceReading():
            return [ours("face", t=event.t, found=event.found, faces=event.faces)]
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
    """What a client said. `ping` keeps the call alive; `ready` asks for `bot-ready`; `bye` ends the call."""

    kind: Literal["ready", "ping", "bye", "text", "other", "bad"]
    id: str = ""
    data: Mapping[str, Any] | None = None
    problem: str = ""


def read_client(raw: str | bytes) -> ClientMessage:
    """Parse one incoming message; what cannot be read is `bad` with its problem, never an exception."""
    if isinstance(raw, bytes):
        return ClientMessage("bad", problem="messages are text")
    if len(raw.encode("utf-8", "replace")) > MAX_MESSAGE:
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
        return ClientMessage("ping" if data.get("t") == "ping" else "other", identity, data)
    if kind == "disconnect-bot":
        return ClientMessage("bye", identity, data)
    if kind == "send-text":
        return ClientMessage("text", identity, data)
    return ClientMessage("other", identity, data)
