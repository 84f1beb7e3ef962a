"""Typed chat: one sitting a session, in which she answers with the same history, closeness and memory as in a call.

It must not know HTTP. A sitting ends after half an hour of silence, or when somebody else (a call, an edit of the
memories) has written her memory meanwhile: the next line then begins a new one on top of what is stored.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

from media.clock import monotonic, wall_time
from media.worker import Worker
from persona.answering import sentences_of
from persona.companion import Companion
from persona.conversation import Patience
from persona.engines import LanguageModel, Prompt
from persona.schema import Persona
from persona.sentences import speakable
from persona.types import Line
from signaling.cast import Cast
from signaling.keepsake import memory_of, relationship_of
from storage import ChatMessage, ChatSession, Memory, NotFound, Store
from storage.types import now

SITTING = 1800.0  # s without a line after which a new sitting begins
REMEMBERED = 1000  # sittings kept at once
EARLIER = 30  # lines of the session before this sitting that she still sees


@dataclass
class Sitting:
    """One stretch of typed chat in a session, as her side of it stands."""

    session: ChatSession
    persona: Persona
    companion: Companion
    before: Memory | None  # her memory when it began
    stored: Memory | None  # her memory as this sitting stored it last
    earlier: tuple[Line, ...]  # of the session, before this sitting
    history: list[Line] = field(default_factory=list)
    used: float = 0.0  # s, monotonic

    def prompt(self, message: str) -> Prompt:
        """What the model may know when it answers `message`. Some milliseconds of morphology."""
        prompt = self.companion.prompt(self.persona, (*self.history, Line("user", message)))
        return replace(prompt, history=(*self.earlier, *prompt.history))


class Exchange:
    """One line and its answer: read `sentences` to the end or leave, then `keep` what was delivered."""

    def __init__(self, chats: Chats, sitting: Sitting, message: str) -> None:
        self.sitting = sitting
        self.delivered = ""
        self.kept = False
        self._chats = chats
        self._message = message
        self._at = now()

    async def sentences(self) -> AsyncGenerator[str, None]:
        """Her answer as it is written. Closing it stops the model. Raises what the model raises, and `llm_timeout`."""
        prompt = await self._chats.worker.run(lambda: self.sitting.prompt(self._message))
        patience = self._chats.patience
        stream = sentences_of(self._chats.model, prompt, patience.first_text, patience.next_text)
        async with aclosing(stream):
            async for sentence in stream:
                if said := speakable(sentence):
                    self.delivered = f"{self.delivered} {said}".strip()
                    yield said

    async def keep(self) -> tuple[ChatMessage, Memory]:
        """Store both lines and her memory; her line, and what she remembers now."""
        sitting, store = self.sitting, self._chats.store
        session = sitting.session
        history = [*sitting.history, Line("user", self._message), Line("assistant", self.delivered)]
        became = await self._chats.worker.run(lambda: sitting.companion.after(sitting.persona, history))
        at = max(now(), self._at)
        mine = ChatMessage(
            session_id=session.id, user_id=session.user_id, content=self._message, role="user", timestamp=self._at
        )
        hers = ChatMessage(
            session_id=session.id, user_id=session.user_id, content=self.delivered, role="assistant", timestamp=at
        )
        memory = memory_of(session.user_id, session.persona_id, became, sitting.before, at)
        written = await asyncio.gather(  # at once: one commit for all of them
            store.update(ChatSession, session.id, owner=session.user_id, updated_at=at),
            *(store.put(document) for document in (mine, hers, memory)),
            return_exceptions=True,
        )
        if isinstance(written[0], NotFound):  # the session was deleted meanwhile, and nothing may stay behind it
            for line in (mine, hers):
                await store.delete(ChatMessage, line.id, owner=line.user_id)
        for failure in written:
            if isinstance(failure, BaseException):
                raise failure
        sitting.history, sitting.stored, sitting.used = history, memory, monotonic()
        self.kept = True
        return hers, memory


class Chats:
    """All typed chats."""

    def __init__(self, store: Store, model: LanguageModel, cast: Cast, patience: Patience) -> None:
        self.store = store
        self.model = model
        self.patience = patience
        self.worker = Worker("chat")
        self._cast = cast
        self._sittings: OrderedDict[str, Sitting] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def begin_session(self, user_id: str, persona_id: str | None, name: str | None = None) -> ChatSession:
        """A new session with this persona, or the active one. Raises `persona_unknown`."""
        persona = await self._cast.persona_of(user_id, persona_id)
        name = name or f"{persona.name} 님과의 대화"
        session = ChatSession(user_id=user_id, session_name=name, persona_name=persona.name, persona_id=persona.id)
        return await self.store.add(session)

    @asynccontextmanager
    async def exchange(self, session: ChatSession, message: str) -> AsyncGenerator[Exchange, None]:
        """One line said in `session`, once those before it are answered. Raises `persona_unknown`."""
        lock = self._locks.get(session.id) or asyncio.Lock()
        self._locks[session.id] = lock
        async with lock:
            yield Exchange(self, await self._sitting(session), message)

    async def _sitting(self, session: ChatSession) -> Sitting:
        persona = await self._cast.persona_of(session.user_id, session.persona_id)
        try:
            memory = await self.store.get(Memory, f"{session.user_id}.{persona.id}", owner=session.user_id)
        except NotFound:
            memory = None
        sitting = self._sittings.get(session.id)
        if sitting is None or monotonic() - sitting.used > SITTING or memory != sitting.stored:
            page = await self.store.page(
                ChatMessage, owner=session.user_id, limit=EARLIER, newest_first=True, session_id=session.id
            )
            earlier = tuple(Line(m.role, m.content) for m in reversed(page.items) if m.role != "system")
            seed = int(session.id[-8:], 16) + len(earlier)
            companion = Companion(relationship_of(memory), seed=seed, at=wall_time().isoformat())
            sitting = Sitting(session, persona, companion, memory, memory, earlier)
            self._sittings[session.id] = sitting
        self._sittings.move_to_end(session.id)
        while len(self._sittings) > REMEMBERED:
            self._sittings.popitem(last=False)
        sitting.used = monotonic()
        return sitting

    def close(self) -> None:
        """End the worker."""
        self.worker.close()
