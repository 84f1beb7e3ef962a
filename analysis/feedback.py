"""A call's timeline becomes the report: eight scores with their reasons and moments, a strength, one thing to try.

Pure; it must not know storage, sockets or engines. Numbers come from here alone; what was not measured is null with a
reason, the rest is weighed without it, and below 60 % of the weight there is no total.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

from analysis import empathy, exchange, expression, feedback_text, posture, tone, words
from analysis.conversation_scores import Conversation, conversation_scores
from analysis.events import Calibrated, ExpressionReading, GainControl, PersonaSpoke, VoiceCalibrated
from analysis.expression import ExpressionSummary
from analysis.face_state import GAZE, face_scores
from analysis.face_track import FaceStretch, join, measure
from analysis.readings import Score, ToneReading, WordReading, not_measured
from analysis.scoring import fuse
from analysis.types import FaceReading, Utterance
from media.timeline import Event

TOTAL = {"likability": 0.30, "tone": 0.20, "initiative": 0.15, "concentration": 0.15, "gaze_stability": 0.10,
         "posture": 0.07, "blinking": 0.03}  # fmt: skip
PARTS: Mapping[str, Mapping[str, float]] = {
    "total_score": TOTAL,
    "likability": {"questions": 0.25, "empathy": 0.20, "talk_share": 0.15, "latency": 0.15, "level_match": 0.10,
                   "warm_voice": 0.10, "smile": 0.05},
    "tone": tone.WEIGHTS,
    "initiative": {"talk_share": 0.35, "asking": 0.30, "topic_starts": 0.20, "latency": 0.15},
    "concentration": {"gaze_listening": 0.45, "latency": 0.25, "presence": 0.15, "posture_sway": 0.15},
    "gaze_stability": GAZE,
    "posture": {f"posture_{name}": weight for name, weight in posture.WEIGHTS.items()},
}  # fmt: skip
GATE = 2  # the person's turns before anything is claimed
STRONG = 70.0  # a strength is at least this good
ROOM = 10.0  # points that something to try must leave to gain
CONTRACT = ("likability", "initiative", "tone", "concentration", "gaze_stability", "blinking", "posture")

Kind = TypeVar("Kind", bound=Event)
Status = Literal["ready", "partial", "waiting"]


@dataclass(frozen=True, slots=True)
class Highlight:
    """One sub-metric worth naming. `gain`: points of the total that it brings, or that it could still bring."""

    metric: str
    gain: float
    text: str  # Korean


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """`status`: "ready"; "partial" without a total; "waiting" until there were enough turns."""

    session_id: str
    user_id: str
    created_at: dt.datetime
    status: Status
    scores: Mapping[str, Score]  # "total_score", its parts, and theirs
    expression: ExpressionSummary
    measures: Mapping[str, float]  # plain counts: turns, minutes, questions, follow_ups, talk_share (0–1), latency (s)
    strength: Highlight | None
    improvement: Highlight | None
    summary: str

    def document(self) -> dict[str, Any]:
        """The stored contract, ready for JSON: whole numbers 0–100 or null."""
        numbers = {name: _whole(self.scores[name]) for name in (*CONTRACT, "total_score")}
        metrics: dict[str, Any] = {name: _entry(score, _whole(score)) for name, score in self.scores.items()}
        seen = self.expression
        metrics["expression"] = {
            "value": seen.impression, "reason": seen.reason, "confidence": round(seen.confidence, 3), "n": seen.n,
            "evidence": [asdict(moment) for moment in seen.evidence], "model": seen.model,
            "shares": {name: round(share, 3) for name, share in seen.shares.items()},
        }  # fmt: skip
        return {
            "session_id": self.session_id,
            "user_id": self.user_id,
            "feedback": {
                **numbers,
                "expression": seen.impression,
                "summary": self.summary,
                "status": self.status,
                "metrics": metrics,
                "measures": {name: round(value, 3) for name, value in self.measures.items()},
                "strength": _told(self.strength),
                "improvement": _told(self.improvement),
            },
            "created_at": self.created_at.isoformat(),
        }


def build_feedback(
    timeline_events: Iterable[object],
    *,
    session_id: str,
    user_id: str,
    created_at: dt.datetime,
    auto_gain: bool = False,
) -> FeedbackReport:
    """The report of one call. `auto_gain`: the browser levelled the microphone, whatever the events say.

    Reads from the timeline: Utterance, ToneReading, WordReading, PersonaSpoke, FaceReading or FaceStretch (what is kept
    of them), ExpressionReading, Calibrated, VoiceCalibrated and GainControl; whatever else is there is passed over.
    """
    events = list(timeline_events)
    call = Conversation(
        utterances=tuple(_of(Utterance, events)),
        said=tuple(_of(WordReading, events)),
        hers=tuple(_of(PersonaSpoke, events)),
    )
    tones, faces, shown = _of(ToneReading, events), _of(FaceReading, events), _of(ExpressionReading, events)
    seen = expression.summarise(shown or expression.without_model(faces))
    auto_gain = auto_gain or any(event.automatic for event in _of(GainControl, events))
    voices = _of(VoiceCalibrated, events)
    scores: dict[str, Score] = {}
    scores |= face_scores(
        join([measure(faces), *(stretch.track for stretch in _of(FaceStretch, events))]),
        listening=call.heard,
        speaking=call.spoken,
        calibration=[event.span for event in _of(Calibrated, events)],
    )
    talked, measures = conversation_scores(call)
    scores |= talked
    voiced = tone.pool(tones, auto_gain=auto_gain)
    scores |= {name: voiced[name] for name in tone.WEIGHTS}
    manners = exchange.not_interrupting_score(call.spoken, call.heard)
    indices = empathy.indices(
        tones, call.said, baseline=voices[-1].baseline if voices else None, auto_gain=auto_gain, smile=scores["smile"],
        latency=scores["latency"], not_interrupting=manners, gates=tone.CALL,
    )  # fmt: skip
    scores |= indices
    scores["not_interrupting"] = manners
    scores["warm_voice"] = indices["enthusiasm"]
    scores["word_choice"] = words.pool(call.said, not_interrupting=manners)["word_choice"]
    for name in ("likability", "tone", "initiative", "concentration", "gaze_stability", "posture", "total_score"):
        scores[name] = fuse(scores, PARTS[name])
    if call.turns < GATE:
        scores = {name: not_measured("too_few_turns", call.turns) for name in scores}
        seen = ExpressionSummary(None, 0.0, seen.n, {}, seen.model, "too_few_turns")
    status: Status = "waiting" if call.turns < GATE else "partial" if scores["total_score"].value is None else "ready"
    strength, improvement = highlights(scores)
    texts = [None if one is None else one.text for one in (strength, improvement)]
    return FeedbackReport(
        session_id=session_id,
        user_id=user_id,
        created_at=created_at,
        status=status,
        scores=scores,
        expression=seen,
        measures=measures,
        strength=strength,
        improvement=improvement,
        summary=feedback_text.summary(status, scores, *texts),
    )


def _of(kind: type[Kind], events: Iterable[object]) -> list[Kind]:
    """The events of one kind, in the order of time."""
    return sorted((event for event in events if isinstance(event, kind)), key=lambda event: event.t)


def highlights(scores: Mapping[str, Score]) -> tuple[Highlight | None, Highlight | None]:
    """What carries the total most, and what would raise it most if it came to its band's edge."""
    weights = leaf_weights(scores)
    carried = {name: weight * (scores[name].value or 0.0) for name, weight in weights.items()}
    missing = {name: weight * (100.0 - (scores[name].value or 0.0)) for name, weight in weights.items()}
    good = [name for name in weights if (scores[name].value or 0.0) >= STRONG]
    poor = [name for name in weights if (scores[name].value or 0.0) <= 100.0 - ROOM]
    best = max(good, key=lambda name: carried[name], default=None)
    worst = max((name for name in poor if name != best), key=lambda name: missing[name], default=None)
    return (
        None if best is None else Highlight(best, carried[best], feedback_text.strength(best, scores[best])),
        None if worst is None else Highlight(worst, missing[worst], feedback_text.improvement(worst, scores[worst])),
    )


def leaf_weights(scores: Mapping[str, Score]) -> dict[str, float]:
    """Weight of every measured sub-metric in the total, renormalised as the total is; sum 1 where anything counts."""
    found: dict[str, float] = {}

    def spread(name: str, weight: float) -> None:
        measured = {part: w for part, w in PARTS[name].items() if scores[part].value is not None}
        for part, own in measured.items():
            share = weight * own / sum(measured.values())
            if part in PARTS:
                spread(part, share)
            else:
                found[part] = found.get(part, 0.0) + share

    spread("total_score", 1.0)
    return found


def _told(highlight: Highlight | None) -> dict[str, Any] | None:
    if highlight is None:
        return None
    return {"metric": highlight.metric, "gain": round(highlight.gain, 1), "text": highlight.text}


def _whole(score: Score) -> int | None:
    return None if score.value is None else round(score.value)


def _entry(score: Score, value: int | None) -> dict[str, Any]:
    return {
        "value": value,
        "reason": score.reason,
        "confidence": round(score.confidence, 3),
        "n": score.n,
        "evidence": [asdict(moment) for moment in score.evidence],
    }
