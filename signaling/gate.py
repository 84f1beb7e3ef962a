"""How often somebody may do something: a pure counter over a sliding second, time given as an argument.

It must not know what is being counted.
"""

from __future__ import annotations


class Gate:
    """A token bucket: `per_second` on average, `burst` at once (a second's worth unless told)."""

    def __init__(self, per_second: float, burst: float | None = None) -> None:
        self._rate = per_second
        self._size = burst if burst is not None else max(1.0, per_second)
        self._tokens = self._size
        self._at: float | None = None
        self.refused = 0

    def admits(self, now: float) -> bool:
        """May one more pass at time `now` (s)? Counts those that may not in `refused`."""
        if self._at is not None:
            self._tokens = min(self._size, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            self.refused += 1
            return False
        self._tokens -= 1.0
        return True

    def wait(self) -> float:
        """Seconds until the next one may pass."""
        return max(0.0, (1.0 - self._tokens) / self._rate)
