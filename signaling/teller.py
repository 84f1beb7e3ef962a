"""What the browser is told of a call's events, as they happen; the same trouble not over and over.

It must not know peers nor what the events mean: signaling/wire.py has the words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from analysis.types import AnalyzerFault
from media.channel import Channel
from media.timeline import Event
from persona.types import TurnDelays
from signaling import wire

FAULT_EVERY = 10.0  # s between two messages about the same trouble of the same analyzer


class Teller:
    """One call's. `delays` are those of every turn so far."""

    def __init__(self, send: Callable[[str], None], moment: Callable[[float], dt.datetime]) -> None:
        """`moment`: wall time of a call time (s)."""
        self.delays: list[TurnDelays] = []
        self._send = send
        self._moment = moment
        self._told: dict[tuple[str, str], float] = {}

    async def run(self, events: Channel[Event]) -> None:
        async for event in events:
            if isinstance(event, TurnDelays):
                self.delays.append(event)
            if isinstance(event, AnalyzerFault) and not self._is_news(event):
                continue
            for message in wire.messages_of(event, self._moment(event.t).isoformat()):
                self._send(message)

    def _is_news(self, fault: AnalyzerFault) -> bool:
        """The same trouble is told at most once in FAULT_EVERY; the timeline has every one."""
        told = self._told.get((fault.analyzer, fault.code))
        if told is not None and fault.t - told < FAULT_EVERY:
            return False
        self._told[fault.analyzer, fault.code] = fault.t
        return True
