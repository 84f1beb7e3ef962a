"""A call's events as they are kept: what of each stays in memory, and each as plain values for a store and back. Pure.

It must not know stores or reports. Sound and landmarks are never kept; numbers come back exactly as they were, so that
a report can be made again from what was stored.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_origin

import msgspec
import numpy as np
from numpy.typing import NDArray

from analysis.events import Calibrated, ExpressionReading, GainControl, PersonaSpoke, Tip, VoiceCalibrated
from analysis.face_track import FaceStretch
from analysis.readings import EmotionReading, ToneReading, WordReading
from analysis.types import AnalyzerFault, FaceReading, Utterance
from media.timeline import Event
from media.types import Wave

NOTHING: Wave = np.zeros(0, np.float32)
KINDS: dict[str, type[Event]] = {
    "utterance": Utterance,
    "persona": PersonaSpoke,
    "tone": ToneReading,
    "words": WordReading,
    "emotion": EmotionReading,
    "faces": FaceStretch,
    "expression": ExpressionReading,
    "calibrated": Calibrated,
    "voice_calibrated": VoiceCalibrated,
    "gain": GainControl,
    "tip": Tip,
    "fault": AnalyzerFault,
}
_names = {kind: name for name, kind in KINDS.items()}


def kept(event: Event) -> Event | None:
    """What of an event a call's timeline keeps: an utterance without its sound, of faces only their stretches."""
    match event:
        case FaceReading():
            return None
        case Utterance():
            return replace(event, samples=NOTHING)
    return event


def to_record(event: Event) -> dict[str, Any] | None:
    """Plain values with the event's `kind`, ready for JSON; None for what is not kept."""
    name = _names.get(type(event))
    event_kept = kept(event) if name else None
    if event_kept is None:
        return None
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(event_kept, enc_hook=_packed))
    return {"kind": name, **plain}


def from_record(record: dict[str, Any]) -> Event | None:
    """The event; None for a kind of which this release knows nothing, or whose shape it does not understand."""
    kind = KINDS.get(str(record.get("kind")))
    if kind is None:
        return None
    try:
        event: Event = msgspec.convert(record, kind, dec_hook=_unpacked)
    except (msgspec.ValidationError, ValueError, KeyError):
        return None
    return event


def from_records(records: Iterable[dict[str, Any]]) -> list[Event]:
    """Every event that is understood, in the order of time."""
    return sorted((event for record in records if (event := from_record(record)) is not None), key=lambda one: one.t)


def _packed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "float32": base64.b64encode(value.astype("<f4").tobytes()).decode()}
    raise NotImplementedError(type(value))


def _unpacked(kind: Any, value: Any) -> NDArray[np.float32]:
    if get_origin(kind) is not np.ndarray:
        raise NotImplementedError(kind)
    flat = np.frombuffer(base64.b64decode(value["float32"]), "<f4")
    return flat.astype(np.float32).reshape(value["shape"])
