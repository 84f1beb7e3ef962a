"""The registry: which calls are on, how many there may be, and the task group they live in.

It must not know HTTP nor what happens inside a call.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

import structlog

from media.errors import DeyeonsoError
from media.timeline import Timeline
from signaling.call import Call

log = structlog.get_logger()

REMEMBERED = 100  # ended calls whose report can still be asked for


class Witness(Protocol):
    """Who is told of every call: signaling/metrics.py."""

    async def follow(self, timeline: Timeline) -> None:
        """One call's life, until its timeline closes."""
        ...

    def ended(self, report: dict[str, Any], lost: int) -> None:
        """Its report, and how many of its documents were never stored."""
        ...


class Calls:
    """Enter and leave it in the same coroutine; leaving ends every call, writes flushed, within `patience` seconds."""

    def __init__(
        self, limit: int, patience: float = 10.0, witness: Witness | None = None, per_user: int | None = None
    ) -> None:
        self.limit = limit
        self._per_user = per_user or limit
        self._witness = witness
        self._patience = patience
        self._calls: dict[str, Call] = {}
        self._tokens: dict[str, str] = {}
        self._ended: OrderedDict[str, tuple[str, dict[str, Any]]] = OrderedDict()
        self._group = asyncio.TaskGroup()
        self._stopping = False

    async def __aenter__(self) -> Calls:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        try:
            async with asyncio.timeout(self._patience):
                for call in self._calls.values():
                    call.hang_up("server_stopping")
                await self._group.__aexit__(None, None, None)  # what went wrong outside is not the calls' doing
        except TimeoutError:
            log.warning("calls_cut_off", calls=len(self._calls))

    def __len__(self) -> int:
        """Calls that are on. One that has ended and still waits for the store is none of them."""
        return sum(call.state != "ended" for call in self._calls.values())

    @property
    def unsaved(self) -> int:
        """Documents of live calls that wait for the store."""
        return sum(call.unsaved for call in self._calls.values())

    async def end_all_of(
        self, user_id: str, reason: str, patience: float = 10.0, session_id: str | None = None
    ) -> bool:
        """Hang up on this person (in one session only, if named) and wait until nothing of their calls is written any
        more; False if that took longer than `patience` seconds."""
        calls = [call for call in self.of(user_id) if session_id in (None, call.session_id)]
        for call in calls:
            call.hang_up(reason)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for call in calls:
                    await call.over.wait()
        return all(call.over.is_set() for call in calls)

    def of(self, user_id: str) -> list[Call]:
        """This person's live calls."""
        return [call for call in self._calls.values() if call.user_id == user_id]

    def admit(self, user_id: str) -> None:
        """Raises DeyeonsoError `busy` when no further call may begin, `too_many_calls` when none of this person's."""
        if self._stopping or len(self) >= self.limit:
            raise DeyeonsoError("busy", "지금은 통화가 모두 차 있어요. 잠시 뒤에 다시 걸어 주세요.")
        if sum(call.state != "ended" for call in self.of(user_id)) >= self._per_user:
            raise DeyeonsoError("too_many_calls", "이미 통화 중이에요. 먼저 하던 통화를 마쳐 주세요.", "caller")

    def begin(self, call: Call) -> str:
        """Start an admitted call's life; its resume token."""
        self.admit(call.user_id)
        token = secrets.token_urlsafe(24)
        self._calls[call.id] = call
        self._tokens[call.id] = token
        if self._witness is not None:
            self._group.create_task(self._witness.follow(call.timeline), name=f"witness-{call.id}")
        self._group.create_task(self._live(call), name=f"call-{call.id}")
        return token

    async def _live(self, call: Call) -> None:
        try:
            await call.run()
        except Exception:
            log.exception("call_crashed", call=call.id)  # one call's crash never touches another
        finally:
            self._calls.pop(call.id, None)
            self._tokens.pop(call.id, None)
            call.timeline.close()  # also of one that crashed: who follows it is told
            report = await call.report()
            self._ended[call.id] = (call.user_id, report)
            if self._witness is not None:
                self._witness.ended(report, call.lost)
            call.over.set()
            while len(self._ended) > REMEMBERED:
                self._ended.popitem(last=False)

    def get(self, call_id: str, user_id: str) -> Call:
        """A live call of this user. Raises DeyeonsoError `call_unknown`, also for somebody else's."""
        call = self._calls.get(call_id)
        if call is None or call.user_id != user_id:
            raise DeyeonsoError("call_unknown", "there is no such call", "caller")
        return call

    def of_session(self, session_id: str, user_id: str) -> Call:
        """The newest live call of this user's session. Raises DeyeonsoError `call_unknown`."""
        for call in reversed(self._calls.values()):
            if call.session_id == session_id and call.user_id == user_id:
                return call
        raise DeyeonsoError("call_unknown", "there is no such call", "caller")

    def resume(self, token: str, user_id: str) -> Call:
        """The live call that `token` was given for. Raises DeyeonsoError `call_unknown`."""
        for call_id, given in self._tokens.items():
            if hmac.compare_digest(given, token) and self._calls[call_id].state != "ended":
                return self.get(call_id, user_id)
        raise DeyeonsoError("call_unknown", "this call is over", "caller")

    async def report(self, call_id: str, user_id: str) -> dict[str, Any]:
        """State of a live call, or of one that ended not long ago. Raises DeyeonsoError `call_unknown`."""
        if call_id in self._ended and self._ended[call_id][0] == user_id:
            return self._ended[call_id][1]
        return await self.get(call_id, user_id).report()
