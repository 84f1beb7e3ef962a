"""How long a call waits for what.

It must not know calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from signaling.peer import Liveness


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Seconds."""

    liveness: Liveness = field(default_factory=Liveness)
    resume: float = 12.0  # for a lost peer to come back with another connection
    reload: float = 3.0  # for one that closed its connection: it may only be making a new one
    ready: float = 1.5  # for `client-ready` before she greets anyway
    last_words: float = 4.0  # for an utterance that was open when the call ended
    last_readings: float = 5.0  # for what is still being read or recorded then, and again for the report
    flush: float = 60.0  # for a store that is away to take what it was not given yet
    longest: float = 3600.0  # a whole call
