"""Writes a call's lines, turns and events to the store as they happen; waits for a store that fails, and says so.

It must not know which database it is, nor sockets: trouble is an event on the timeline like any other.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import structlog

from analysis.types import AnalyzerFault, Utterance
from media.channel import Channel, Closed
from media.clock import monotonic
from media.errors import DeyeonsoError
from media.timeline import Event, Timeline
from persona.types import ReplyEnded, TurnDelays
from signaling import reports
from signaling.record import to_record
from storage import (
    ChatMessage,
    ChatSession,
    Delays,
    Feedback,
    Memory,
    Store,
    StoreUnavailable,
    TimelineChunk,
    Turn,
)

log = structlog.get_logger()

RETRY = 2.0  # s between tries while the store fails
UNSAVED = 3000  # documents kept in memory while it does; a call of an hour has fewer
CHUNK = 4.0  # s of events in one document: what a crash of the server costs
LARGEST = 400  # events in one

Kept = ChatMessage | Turn | Memory | TimelineChunk | Feedback


class Keeper:
    """One call's writes. `unsaved` counts what the store has not taken yet, `lost` what had to be given up."""

    def __init__(
        self, store: Store, session: ChatSession, call_id: str, timeline: Timeline, began: dt.datetime
    ) -> None:
        self.session_id = session.id
        self.lost = 0
        self._store = store
        self._session = session
        self._call_id = call_id
        self._timeline = timeline
        self._began = began
        self._waiting: deque[Kept] = deque()
        self._records: list[dict[str, Any]] = []  # events of the chunk that is being filled
        self._opened = 0.0  # monotonic s, when its first came
        self._chunks = 0
        self._said: dict[int, Utterance] = {}
        self._delays: dict[int, TurnDelays] = {}
        self._failing = False

    @property
    def unsaved(self) -> int:
        return len(self._waiting)

    def moment(self, t: float) -> dt.datetime:
        """Wall time of call time `t` (s)."""
        return self._began + dt.timedelta(seconds=t)

    async def run(self, events: Channel[Event]) -> None:
        """Until `events` closes and the store has taken everything; cancelled before that, it counts what is lost."""
        try:
            while await self._next(events):
                self._cut_chunk()
                await self._write(events)
            self._cut_chunk(at_once=True)
            while self._waiting:
                await self._write(events)
                if self._failing:
                    await asyncio.sleep(RETRY)
        finally:
            if self._waiting:
                self.lost += len(self._waiting)
                log.error("call_writes_lost", call=self._call_id, documents=len(self._waiting))

    async def _next(self, events: Channel[Event]) -> bool:
        """Take one more event, or wait for the time of another try or of the next chunk; False at the end."""
        limit = RETRY if self._failing else CHUNK if self._records else None
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(limit):
                    self._note(await events.get())
            return True
        except Closed:
            return False

    def _cut_chunk(self, at_once: bool = False) -> None:
        """Have the events so far written, once there are enough of them."""
        due = at_once or len(self._records) >= LARGEST or monotonic() - self._opened >= CHUNK
        if not self._records or not due:
            return
        chunk = TimelineChunk(
            call_id=self._call_id,
            seq=self._chunks,
            session_id=self.session_id,
            user_id=self._session.user_id,
            events=tuple(self._records),
        )
        self._chunks += 1
        self._records = []
        self.keep(chunk)

    def _note(self, event: Event) -> None:
        record = to_record(event)
        if record is not None:
            self._opened = self._opened if self._records else monotonic()
            self._records.append(record)
        match event:
            case Utterance() if event.text:
                self._said[event.turn] = event
                self._message("user", event.text, event.span.end)
            case TurnDelays():
                self._delays[event.turn] = event
            case ReplyEnded():
                if event.heard:
                    self._message("assistant", event.heard, event.span.end)
                said = self._said.pop(event.turn, None)
                delays = self._delays.pop(event.turn, None)
                steps = {k: v for k, v in asdict(delays).items() if k not in ("t", "turn")} if delays else {}
                self.keep(
                    Turn(
                        call_id=self._call_id,
                        turn=event.turn,
                        session_id=self.session_id,
                        user_id=self._session.user_id,
                        said=said.text if said else "",
                        confidence=said.confidence if said else None,
                        reply=event.text,
                        heard=event.heard,
                        interrupted=event.interrupted,
                        delays=Delays(**steps),
                        created_at=self.moment(event.span.start),
                    )
                )

    def _message(self, role: str, text: str, t: float) -> None:
        self.keep(
            ChatMessage.model_validate(
                {
                    "session_id": self.session_id,
                    "user_id": self._session.user_id,
                    "content": text,
                    "role": role,
                    "timestamp": self.moment(t),
                }
            )
        )

    def keep(self, document: Kept) -> None:
        """Write this when its turn comes."""
        if len(self._waiting) >= UNSAVED:
            self._waiting.popleft()
            self.lost += 1
        self._waiting.append(document)

    async def _write(self, events: Channel[Event]) -> None:
        """Write what waits, in order; an event that comes meanwhile waits in its channel."""
        while self._waiting:
            document = self._waiting[0]
            try:
                if isinstance(document, Feedback):
                    await reports.keep(self._store, document)
                else:
                    await self._store.put(document)
            except StoreUnavailable as error:
                if not self._failing:
                    self._failing = True
                    log.error("store_failing", call=self._call_id, code=error.code, message=error.message)
                    message = "저장이 잠시 안 되고 있어요. 대화는 계속되고, 저장은 다시 시도해요."
                    self._timeline.append(AnalyzerFault(self._now_of(document), "store", error.code, message))
                return
            except DeyeonsoError as error:  # another try would fail alike
                self.lost += 1
                log.error("call_write_refused", call=self._call_id, code=error.code, message=error.message)
            self._waiting.popleft()
            if self._failing:
                self._failing = False
                log.info("store_recovered", call=self._call_id)

    def _now_of(self, document: Kept) -> float:
        at = document.timestamp if isinstance(document, ChatMessage) else document.created_at
        return (at - self._began).total_seconds()
