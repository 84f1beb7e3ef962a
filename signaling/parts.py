"""The parts of a call: one that breaks is a visible event on the timeline, never the end of the call.

It must not know what a part does.
"""

from __future__ import annotations

from collections.abc import Awaitable

import structlog

from analysis.types import AnalyzerFault
from media.clock import Clock
from media.timeline import Timeline

log = structlog.get_logger()


class Parts:
    """One call's guard: `await parts("hearing", work)`."""

    def __init__(self, call_id: str, timeline: Timeline, clock: Clock) -> None:
        self._call_id = call_id
        self._timeline = timeline
        self._clock = clock

    async def __call__(self, name: str, work: Awaitable[None]) -> None:
        """Do the work; what it raises is logged and put on the timeline."""
        try:
            await work
        except Exception as error:
            self.failed(name, error)

    def failed(self, name: str, error: Exception) -> None:
        log.error("call_part_failed", call=self._call_id, part=name, exc_info=error)
        message = f"{type(error).__name__}: {error}"
        self._timeline.append(AnalyzerFault(self._clock.now(), name, f"{name}_failed", message))
