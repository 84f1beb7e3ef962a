"""What the coach tells the browser: readings, running scores and tips as messages. Pure format; signaling/wire.py
documents every shape.

It must not know when anything is sent, nor how it was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import tone
from analysis.emotion import polarity
from analysis.events import Tip
from analysis.face_crop import unreadable
from analysis.face_state import FaceBaseline
from analysis.feedback import CONTRACT, FeedbackReport
from analysis.live_face import FaceMoment
from analysis.readings import EMOTIONS, Emotion, EmotionReading, Score, ToneReading, WordReading
from analysis.tips import NOTICES
from analysis.types import FaceReading
from signaling.wire import envelope, notice, ours

LARGEST = 60_000  # bytes that one message may have: browsers and aiortc take 64 kB


def face(reading: FaceReading, moment: FaceMoment, baseline: FaceBaseline | None) -> str:
    """One picture's face: its head against the person's own baseline where there is one."""
    shown, shapes = moment.expression, reading.blendshapes
    expression = None
    if shown is not None:
        expression = {
            "polarity": polarity(shown.probabilities),
            "label": shown.label,
            "confidence": round(shown.confidence, 3),
            "probabilities": _classes(shown.probabilities),
            "model": shown.model,
        }
    head = None
    if moment.turn is not None:
        yaw, pitch, roll = moment.turn
        own = (baseline.pitch, baseline.roll) if baseline is not None else (0.0, 0.0)
        head = {"yaw": _rounded(yaw), "pitch": _rounded(pitch - own[0]), "roll": _rounded(roll - own[1])}
    return ours(
        "face",
        t=round(moment.t, 3),
        found=moment.found,
        faces=moment.faces,
        problem=unreadable(reading),
        expression=expression,
        looking=None if moment.closed else moment.on_screen,
        smile=None if shapes is None else _rounded((shapes["mouthSmileLeft"] + shapes["mouthSmileRight"]) / 2, 3),
        head=head,
    )


def tone_of(reading: ToneReading) -> str:
    measures = {
        "pitch": _rounded(tone.value_of("pitch", reading), 2),
        "rate": _rounded(tone.value_of("rate", reading), 2),
        "volume": _rounded(tone.value_of("volume", reading), 2),
        "level": _rounded(reading.level),
        "voiced": _rounded(reading.voiced, 2),
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


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
