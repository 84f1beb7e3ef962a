"""How long somebody who was let in may stay: until their sign-in expires, unless they show a fresh one of their own.

It must not know what they stay in: a call or a socket asks `next` what has come, and does what follows from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from media.clock import wall_time
from media.errors import DeyeonsoError
from signaling import wire
from signaling.auth import GUEST, Identity, unauthorized

SOON = 60.0  # s before the end, when a fresh token is asked for; again at half of what is left, down to a second


@dataclass(frozen=True, slots=True)
class Soon:
    """The sign-in ends in `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Over:
    """It has ended."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """A token was shown; `error` says why it does not count, if it does not."""

    reply_to: str
    error: DeyeonsoError | None


class Lease:
    """One person's stay. `check` tells whose a token is; the guest's stay has no end."""

    def __init__(
        self, identity: Identity = GUEST, check: Callable[[object], Awaitable[Identity]] | None = None
    ) -> None:
        self.user_id = identity.user_id
        self.expires = identity.expires
        self._check = check
        self._shown: tuple[str, object] | None = None
        self._changed = asyncio.Event()
        self._warn_at = SOON  # s left

    def extend(self, identity: Identity) -> None:
        """They have proved themselves anew. Raises DeyeonsoError `token_invalid` for another person."""
        if identity.user_id != self.user_id:
            raise unauthorized("token_invalid", "this is another person's token")
        if self.expires is not None and identity.expires is not None and identity.expires > self.expires:
            self.expires = identity.expires
            self._warn_at = SOON
            self._changed.set()

    def show(self, token: object, reply_to: str = "") -> None:
        """A token was sent: `next` will look at it. Only the newest counts."""
        self._shown = (reply_to, token)
        self._changed.set()

    async def next(self) -> Soon | Over | Renewed:
        """Wait for what comes next."""
        while True:
            if self._shown is not None:
                (reply_to, token), self._shown = self._shown, None
                return Renewed(reply_to, await self._problem_with(token))
            left = self._left()
            if left is not None and left <= 0:
                return Over()
            if left is not None and left <= self._warn_at:
                self._warn_at = left / 2 if left > 2 else 0.0
                return Soon(left)
            with suppress(TimeoutError):
                async with asyncio.timeout(None if left is None else left - self._warn_at):
                    await self._changed.wait()
            self._changed.clear()

    def _left(self) -> float | None:
        return None if self.expires is None else (self.expires - wall_time()).total_seconds()

    async def _problem_with(self, token: object) -> DeyeonsoError | None:
        if self._check is None:
            return None  # a guest has nothing to renew
        try:
            self.extend(await self._check(token))
        except DeyeonsoError as error:
            return error
        return None


async def keep(lease: Lease, send: Callable[[str], None], hang_up: Callable[[str], None]) -> None:
    """For a call: ask for a fresh token in time, answer those that come, and hang up when the sign-in is over."""
    while True:
        match await lease.next():
            case Soon(seconds):
                send(
                    wire.ours("notice", code="sign_in_expiring", message="곧 로그인이 끝나요.", seconds=round(seconds))
                )
            case Renewed(reply_to, None):
                until = None if lease.expires is None else lease.expires.isoformat()
                send(wire.envelope("server-response", {"t": "token", "d": {"expires_at": until}}, reply_to))
            case Renewed(reply_to, error):
                send(wire.envelope("error-response", {"error": error.code if error else ""}, reply_to))
            case Over():
                send(wire.notice("signed_out", "로그인이 끝나서 통화를 마칠게요. 다시 로그인해 주세요."))
                hang_up("signed_out")
                return
