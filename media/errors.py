"""The one family of errors this product raises on purpose; each carries a code and says whose fault it is.

It must not know HTTP or the data channel: those edges turn a code into a status or an `error` message.
"""

from __future__ import annotations

from typing import Literal

Whose = Literal["caller", "server", "upstream"]


class DeyeonsoError(Exception):
    """An expected failure. `code` is stable snake_case for programs, `message` is for people.

    `retry_after` is in seconds, where it is known when another try makes sense.
    """

    def __init__(self, code: str, message: str, whose: Whose = "server", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.whose: Whose = whose
        self.retry_after = retry_after
