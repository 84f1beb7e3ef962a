"""From a face's momentary expressions to what it showed: smoothing, hysteresis, contempt, and the words for a call.

Pure; it must not know which model read a picture. Scores are smoothed and never labels: single pictures are noisy
(AffectNet-8 models are right about 61–64 % of the time), so 긍정/중립/부정 is what is claimed first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from analysis.events import ExpressionReading
from analysis.readings import EMOTIONS, Emotion, Evidence
from analysis.types import FaceReading
from media.types import Span

Impression = Literal["긍정적", "중립", "부정적"]

NEGATIVE: tuple[Emotion, ...] = ("슬픔", "분노", "두려움", "혐오", "경멸")
TIME_CONSTANT = 1.5  # s of the exponential average
PERSISTENCE = 3  # pictures in a row before another label is shown
CONTEMPT_AT = (0.20, 0.50)  # difference of the mouth's corners: none, and as sure as this rule gets
CONTEMPT_MOST = 0.7
NEGATIVE_MASS, POSITIVE_MASS = 0.6, 0.5  # smoothed probability from which a moment is one or the other
NEGATIVE_SHARE, POSITIVE_SHARE = 0.20, 0.20  # of the valid time
LEAST = 30.0  # s of readings
FULL = 90.0  # s for full confidence
LONGEST_STEP = 1.0  # s that one reading may speak for
RULE = "blendshapes"  # the model's name where there is none
RULE_TRUST = 0.6  # of the confidence, then

Probabilities = Mapping[Emotion, float]


def complete(probabilities: Probabilities, blendshapes: Mapping[str, float] | None = None) -> dict[Emotion, float]:
    """All 8 classes, sum 1. A model without 경멸 gets it from the mouth's asymmetry, at the cost of the rest."""
    known = {emotion: max(0.0, float(probabilities.get(emotion, 0.0))) for emotion in EMOTIONS}
    total = sum(known.values()) or 1.0
    known = {emotion: value / total for emotion, value in known.items()}
    if "경멸" in probabilities or blendshapes is None:
        return known
    scorn = contempt(blendshapes)
    return {e: scorn if e == "경멸" else value * (1 - scorn) for e, value in known.items()}


def contempt(blendshapes: Mapping[str, float]) -> float:
    """0–.7: one corner of the mouth raised and tightened (Ekman & Friesen 1986); a broad smile is none."""
    left = blendshapes["mouthSmileLeft"] + blendshapes["mouthDimpleLeft"]
    right = blendshapes["mouthSmileRight"] + blendshapes["mouthDimpleRight"]
    low, high = CONTEMPT_AT
    sure = (abs(left - right) - low) / (high - low)
    both = min(blendshapes["mouthSmileLeft"], blendshapes["mouthSmileRight"])
    return CONTEMPT_MOST * min(1.0, max(0.0, sure)) * max(0.0, 1.0 - 2.0 * both)


def of_blendshapes(blendshapes: Mapping[str, float]) -> dict[Emotion, float]:
    """A plain rule where there is no model: action units after EMFACS. It tells smiles well and the rest roughly."""

    def mean(name: str) -> float:
        return (blendshapes[name + "Left"] + blendshapes[name + "Right"]) / 2

    smile, brow_up = mean("mouthSmile"), blendshapes["browInnerUp"]
    strength: dict[Emotion, float] = {
        "기쁨": smile,
        "슬픔": (1 - smile) * max(mean("mouthFrown"), 0.7 * blendshapes["mouthShrugLower"] * brow_up),
        "분노": (1 - smile) * max(0.0, mean("browDown") - 0.3) * (0.5 + mean("mouthPress")),
        "놀람": (1 - smile) * blendshapes["jawOpen"] * max(brow_up, mean("eyeWide")),
        "두려움": (1 - smile) * mean("eyeWide") * mean("mouthStretch"),
        "혐오": (1 - smile) * max(mean("noseSneer"), mean("mouthUpperUp") - 0.3),
    }
    mass = {emotion: max(0.0, value) ** 2 for emotion, value in strength.items()}
    mass["중립"] = 0.25**2
    return complete(mass, blendshapes)


def read(t: float, probabilities: Probabilities, model: str, blendshapes: Mapping[str, float] | None = None
         ) -> ExpressionReading:  # fmt: skip
    """One picture's reading from a model's probabilities (7 or 8 classes)."""
    full = {emotion: round(value, 4) for emotion, value in complete(probabilities, blendshapes).items()}
    label = max(full, key=lambda emotion: full[emotion])
    return ExpressionReading(t, label, full[label], full, model)


@dataclass
class Smoother:
    """The running average of one face's expression, and the label that is shown."""

    label: Emotion | None = None
    probabilities: dict[Emotion, float] = field(default_factory=dict)
    _t: float | None = None
    _other: Emotion | None = None
    _times: int = 0

    def add(self, reading: ExpressionReading) -> dict[Emotion, float]:
        """Take one reading; the smoothed probabilities. The longer nothing came, the less the past counts."""
        if self._t is None:
            self.probabilities = {emotion: reading.probabilities.get(emotion, 0.0) for emotion in EMOTIONS}
        else:
            keep = math.exp(-max(0.0, reading.t - self._t) / TIME_CONSTANT)
            self.probabilities = {
                emotion: keep * old + (1 - keep) * reading.probabilities.get(emotion, 0.0)
                for emotion, old in self.probabilities.items()
            }
        self._t = reading.t
        self._show(max(self.probabilities, key=lambda emotion: self.probabilities[emotion]))
        return self.probabilities

    def _show(self, leading: Emotion) -> None:
        if leading == self.label:
            self._other, self._times = None, 0
            return
        self._times = self._times + 1 if leading == self._other else 1
        self._other = leading
        if self.label is None or self._times >= PERSISTENCE:
            self.label, self._other, self._times = leading, None, 0


@dataclass(frozen=True, slots=True)
class ExpressionSummary:
    """What a call's face showed; `impression` None with a reason where too little was seen."""

    impression: Impression | None
    confidence: float  # 0–1
    n: int  # readings
    shares: Mapping[str, float]  # of the valid time: "긍정적", "부정적"
    model: str | None
    reason: str | None = None
    evidence: tuple[Evidence, ...] = ()


def summarise(readings: Sequence[ExpressionReading]) -> ExpressionSummary:
    """부정적 only where the smoothed negative mass is at least .6 for a fifth of the valid time."""
    readings = sorted(readings, key=lambda one: one.t)
    if not readings:
        return ExpressionSummary(None, 0.0, 0, {}, None, "no_face")
    smoother = Smoother()
    seconds = {"긍정적": 0.0, "부정적": 0.0, "중립": 0.0}
    best: dict[str, tuple[float, float]] = {}  # mass, moment
    steps = [min(LONGEST_STEP, max(0.0, b.t - a.t)) for a, b in itertools.pairwise(readings)]
    for reading, step in zip(readings, [*steps, min([*steps, LONGEST_STEP])], strict=True):
        now = smoother.add(reading)
        negative = sum(now[emotion] for emotion in NEGATIVE)
        kind = "부정적" if negative >= NEGATIVE_MASS else "긍정적" if now["기쁨"] >= POSITIVE_MASS else "중립"
        seconds[kind] += step
        mass = negative if kind == "부정적" else now["기쁨"]
        if kind != "중립" and mass > best.get(kind, (0.0, 0.0))[0]:
            best[kind] = (mass, reading.t)
    valid = sum(seconds.values())
    model = readings[-1].model
    if valid < LEAST:
        return ExpressionSummary(None, 0.0, len(readings), {}, model, "too_little_face")
    shares = {kind: value / valid for kind, value in seconds.items() if kind != "중립"}
    positive, negative = shares["긍정적"], shares["부정적"]
    impression: Impression = "중립"
    if negative >= NEGATIVE_SHARE and negative > positive:
        impression = "부정적"
    elif positive >= POSITIVE_SHARE:
        impression = "긍정적"
    evidence: tuple[Evidence, ...] = ()
    if impression in best:
        mass, t = best[impression]
        direction: Literal["good", "improve"] = "good" if impression == "긍정적" else "improve"
        evidence = (Evidence("expression", t, t, mass, direction=direction),)
    sure = min(1.0, valid / FULL) * (RULE_TRUST if model == RULE else 1.0)
    return ExpressionSummary(impression, sure, len(readings), shares, model, None, evidence)


def during(readings: Iterable[ExpressionReading], span: Span) -> Probabilities | None:
    """Mean probabilities in a stretch of call time (one turn), for `emotion.read`; None where no face was read."""
    inside = [one.probabilities for one in readings if span.start <= one.t <= span.end]
    if not inside:
        return None
    return {emotion: sum(one.get(emotion, 0.0) for one in inside) / len(inside) for emotion in EMOTIONS}


def without_model(readings: Sequence[FaceReading], every: float = 1 / 3) -> list[ExpressionReading]:
    """Expressions by the rule, three a second, for a call that had no expression model."""
    found: list[ExpressionReading] = []
    for reading in readings:
        due = not found or reading.t - found[-1].t >= every - 1e-6
        if due and reading.blendshapes is not None:
            found.append(read(reading.t, of_blendshapes(reading.blendshapes), RULE))
    return found
