"""The calibration step as a state: when it began, which utterance belongs to it, when it is given up. Pure.

It must not know faces, voices or messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.types import Utterance
from media.types import Span

LONGEST = 30.0  # s: a step that was begun and never ended is over then
LEAST = 1.0  # s


@dataclass
class Calibration:
    """One call's; the step may be taken again."""

    began: float | None = None  # s; None while no step is under way
    _stretches: list[Span] = field(default_factory=list)

    def begin(self, now: float) -> None:
        self.began = now

    def end(self, now: float) -> Span | None:
        """The step's span; None where none was begun, or it was too short to tell anything."""
        began = self.began
        if not self.running(now) or began is None or now - began < LEAST:
            self.began = None
            return None
        self.began = None
        span = Span(began, now)
        self._stretches.append(span)
        return span

    def cancel(self) -> None:
        self.began = None

    def running(self, now: float) -> bool:
        return self.began is not None and now - self.began < LONGEST

    def takes(self, utterance: Utterance) -> bool:
        """Whether this was said for the calibration: begun while a step was under way. It is no turn of the talk."""
        start = utterance.span.start
        if self.began is not None and self.began <= start < self.began + LONGEST:
            return True
        return any(span.start <= start <= span.end for span in self._stretches)
