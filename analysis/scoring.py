"""The arithmetic of scores: bands, weighted means that leave out what is missing, gates.

Pure numbers; it must not know what any of them measures.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.readings import Evidence, Score, not_measured

ENOUGH_WEIGHT = 0.6  # of a fused score's weight must have been measured, else it is no score


def band(x: float, a: float, b: float, c: float, d: float) -> float:
    """0 at or below `a`, rising to 100 at `b`, 100 up to `c`, falling to 0 at `d` and beyond (a < b <= c < d)."""
    if x <= a or x >= d:
        return 0.0
    if x < b:
        return 100.0 * (x - a) / (b - a)
    return 100.0 if x <= c else 100.0 * (d - x) / (d - c)


def falling(x: float, best: float, worst: float) -> float:
    """100 up to `best`, falling to 0 at `worst`."""
    return min(100.0, max(0.0, 100.0 * (worst - x) / (worst - best)))


def fuse(parts: Mapping[str, Score], weights: Mapping[str, float], enough: float = ENOUGH_WEIGHT) -> Score:
    """The weighted mean of those `parts` that have a value, renormalised over them.

    `weights` name every part there could be. Below `enough` of the weight there is no value. The confidence is the
    parts' own, weighted, with 0 for each missing one: what is missing widens doubt and never lowers the value.
    """
    total = sum(weights.values())
    measured = {name: part for name in weights if (part := parts.get(name)) is not None and part.value is not None}
    weight = sum(weights[name] for name in measured)
    n = sum(part.n for part in measured.values())
    if not measured or weight < enough * total - 1e-9:
        reasons = [part.reason for name in weights if (part := parts.get(name)) is not None and part.reason]
        return not_measured(reasons[0] if reasons else "not_measured", n)
    value = sum(weights[name] * (part.value or 0.0) for name, part in measured.items()) / weight
    confidence = sum(weights[name] * part.confidence for name, part in measured.items()) / total
    evidence: tuple[Evidence, ...] = tuple(moment for part in measured.values() for moment in part.evidence)
    return Score(min(100.0, max(0.0, value)), min(1.0, confidence), n, None, evidence)
