"""What the coach tells the browser: readings, running scores and tips as messages. Pure format; signaling/wire.py
documents every shape.

It must not know when anything is sent, nor how it was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis import tone
from analysis.events import Tip
from analysis.feedback import CONTRACT, FeedbackReport
from analysis.readings import EMOTIONS, Emotion, EmotionReading, Polarity, Score, ToneReading, WordReading
from analysis.tips import NOTICES
from signaling.wire import envelope, notice, ours

LARGEST = 60_000  # bytes that one message may have: browsers and aiortc take 64 kB


@dataclass(frozen=True, slots=True)
class Face:
    """One moment's face as it is told: smoothed, and against the person's own baseline where there is one."""

    t: float  # s
    found: bool
    faces: int
    problem: str | None  # why there is no expression: "no_face", "face_too_small", "face_cut_off"
    probabilities: Mapping[Emotion, float] | None  # smoothed; None without an expression
    label: Emotion | None
    polarity: Polarity | None
    model: str | None
    looking: bool | None  # towards the screen
    smile: float | None  # 0–1
    head: tuple[float, float, float] | None  # degrees: yaw, pitch, roll


def face(seen: Face) -> str:
    shown = None
    if seen.probabilities and seen.label is not None:
        shown = {
            "polarity": seen.polarity,
            "label": seen.label,
            "confidence": round(seen.probabilities[seen.label], 3),
            "probabilities": _classes(seen.probabilities),
            "model": seen.model,
        }
    head = None if seen.head is None else dict(zip(("yaw", "pitch", "roll"), map(_tenth, seen.head), strict=True))
    return ours(
        "face", t=round(seen.t, 3), found=seen.found, faces=seen.faces, problem=seen.problem, expression=shown,
        looking=seen.looking, smile=None if seen.smile is None else round(seen.smile, 3), head=head,
    )  # fmt: skip


def tone_of(reading: ToneReading) -> str:
    measures = {
        "pitch": _tenth(tone.value_of("pitch", reading), 2),
        "rate": _tenth(tone.value_of("rate", reading), 2),
        "volume": _tenth(tone.value_of("volume", reading), 2),
        "level": _tenth(reading.level),
        "voiced": _tenth(reading.voiced, 2),
        "pauses": len(reading.pauses),
    }
    return ours("tone", **_place(reading), scores=scores_of(reading.scores), measures=measures)


def words_of(reading: WordReading, feeling: EmotionReading) -> str:
    return ours(
        "words",
        **_place(reading),
        text=reading.text,
        levels=list(reading.levels),
        mentions=[{"kind": m.kind, "quote": m.quote, "start": m.start, "end": m.end} for m in reading.mentions],
        scores=scores_of(reading.scores),
        emotion={
            "polarity": feeling.polarity,
            "label": feeling.label,
            "confidence": round(feeling.confidence, 3),
            "probabilities": _classes(feeling.probabilities),
            "sources": list(feeling.sources),
            "reason": feeling.reason,
        },
    )


def feedback(report: FeedbackReport, t: float, final: bool = False) -> str:
    """The scores so far; the last one carries the whole stored contract as `report` (None where it is too large)."""
    document = report.document()
    told = document["feedback"]
    data: dict[str, Any] = {
        "final": final,
        "t": round(t, 3),
        "status": report.status,
        "scores": scores_of({name: report.scores[name] for name in ("total_score", *CONTRACT)}),
        "expression": {
            "value": report.expression.impression,
            "confidence": round(report.expression.confidence, 3),
            "reason": report.expression.reason,
        },
        "measures": told["measures"],
        "strength": told["strength"],
        "improvement": told["improvement"],
        "summary": report.summary,
        "report": None,
    }
    if final:
        message = ours("feedback", **{**data, "report": document})
        if len(message.encode()) <= LARGEST:
            return message
    return ours("feedback", **data)


def tip(given: Tip) -> str:
    """A tip, or a notice where it tells of the service and not of the person."""
    if given.id in NOTICES:
        return notice(given.id, given.text)
    return ours("tip", t=round(given.t, 3), id=given.id, text=given.text)


def calibration(identity: str, state: str, **data: Any) -> str:
    """The answer to a `calibrate`."""
    return envelope("server-response", {"t": "calibrate", "d": {"state": state, **data}}, identity)


def scores_of(scores: Mapping[str, Score]) -> dict[str, Any]:
    """`{name: {value, confidence, reason}}`, value a whole number or null."""
    return {
        name: {
            "value": None if score.value is None else round(score.value),
            "confidence": round(score.confidence, 3),
            "reason": score.reason,
        }
        for name, score in scores.items()
    }


def _place(reading: ToneReading | WordReading) -> dict[str, Any]:
    return {"turn": reading.turn, "t0": round(reading.span.start, 3), "t1": round(reading.span.end, 3)}


def _classes(probabilities: Mapping[Emotion, float]) -> dict[str, float]:
    return {emotion: round(probabilities[emotion], 3) for emotion in EMOTIONS if emotion in probabilities}


def _tenth(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
