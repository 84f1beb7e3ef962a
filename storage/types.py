"""What is kept, in the product's own words: users, sessions, messages, turns, feedback, memories, consents, files.

It must not know any database. Ids are strings; moments are timezone-aware UTC with whole milliseconds.
"""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from media.clock import wall_time

_sequence = itertools.count()


def to_moment(value: dt.datetime) -> dt.datetime:
    """UTC, cut to the millisecond: the finest that every database gives back unchanged."""
    return value.astimezone(dt.UTC).replace(microsecond=value.microsecond // 1000 * 1000)


def now() -> dt.datetime:
    return to_moment(wall_time())


def new_id() -> str:
    """32 hex digits that sort in the order they were made (within one process), unguessable in the last 64 bits."""
    return f"{int(wall_time().timestamp() * 1000):012x}{next(_sequence) & 0xFFFF:04x}{secrets.token_hex(8)}"


Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Moment = Annotated[AwareDatetime, AfterValidator(to_moment)]


class Document(BaseModel):
    """One stored value; equal to what comes back. Changed only by `Store.update` or a newer `Store.put`.

    `one_per` names the fields of which there is one document: its id is made of them, so that a second one is a
    Duplicate on any database, and `put` replaces the first.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)
    one_per: ClassVar[tuple[str, ...]] = ()

    id: Id = Field(default_factory=new_id)

    @model_validator(mode="before")
    @classmethod
    def _name(cls, data: Any) -> Any:
        if cls.one_per and isinstance(data, dict) and "id" not in data and all(name in data for name in cls.one_per):
            return {**data, "id": ".".join(str(data[name]) for name in cls.one_per)}
        return data


class User(Document):
    """A person. `id` is the identity provider's subject; e-mail is no key (an account may be deleted and remade)."""

    email: str | None = None
    name: str = ""
    active_persona: str = Field(default="", description="whom a call without a name calls; empty: the house's choice")
    created_at: Moment = Field(default_factory=now)
    updated_at: Moment = Field(default_factory=now)


class ChatSession(Document):
    """One conversation with one persona; it may hold several calls and typed chat."""

    user_id: Id
    session_name: str
    persona_name: str
    persona_id: Id
    is_active: bool = True
    created_at: Moment = Field(default_factory=now)
    updated_at: Moment = Field(default_factory=now)
    expires_at: Moment | None = None


class ChatMessage(Document):
    """One line. Hers is what was HEARD of it, where it was spoken."""

    session_id: Id
    user_id: Id
    content: str
    role: Literal["user", "assistant", "system"]
    timestamp: Moment = Field(default_factory=now)
    expires_at: Moment | None = None


class Delays(BaseModel):
    """Where one turn's time went, in seconds; None where a step did not happen (see persona.types.TurnDelays)."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    endpointing: float | None = None
    recognition: float | None = None
    first_text: float | None = None
    first_sound: float | None = None
    total: float | None = None


class Turn(Document):
    """One exchange of a call: what the person said, what she meant to say, what was heard of it."""

    one_per = ("call_id", "turn")

    call_id: Id
    turn: int = Field(ge=0, description="the person's turn it answers; 0 is her greeting")
    session_id: Id
    user_id: Id
    said: str = ""
    confidence: float | None = None
    reply: str = ""
    heard: str = ""
    interrupted: bool = False
    delays: Delays = Delays()
    created_at: Moment = Field(default_factory=now)
    expires_at: Moment | None = None


class TimelineChunk(Document):
    """A stretch of a call's events, written while the call goes on, so that a crash costs seconds and not the call."""

    one_per = ("call_id", "seq")

    call_id: Id
    seq: int = Field(ge=0, description="0, 1, 2 … in this call")
    session_id: Id
    user_id: Id
    events: tuple[dict[str, JsonValue], ...]
    created_at: Moment = Field(default_factory=now)
    expires_at: Moment | None = None


class Feedback(Document):
    """A session's report in the stored contract of the seed; one a session, the newest wins."""

    one_per = ("session_id",)

    session_id: Id
    user_id: Id
    feedback: dict[str, JsonValue]
    file: str = Field(default="", description="its JSON export, relative to the media folder; empty: none")
    created_at: Moment = Field(default_factory=now)
    expires_at: Moment | None = None


class Fact(BaseModel):
    """Something the person told her."""

    model_config = ConfigDict(frozen=True)

    slot: str
    value: str
    session: int = Field(default=1, ge=1, description="in which call with this persona")
    turn: int
    at: Moment


class Memory(Document):
    """What one persona remembers of one person, and how close they are; one a pair."""

    one_per = ("user_id", "persona_id")

    user_id: Id
    persona_id: Id
    intimacy: float = Field(default=0.0, ge=0, le=100)
    casual_speech: bool = Field(default=False, description="both agreed to 반말")
    declined_casual: bool = Field(default=False, description="the person said no: it is not proposed again")
    summary: str = ""
    facts: tuple[Fact, ...] = ()
    sessions: int = Field(default=0, ge=0)
    created_at: Moment = Field(default_factory=now)
    updated_at: Moment = Field(default_factory=now)


class OwnPersona(Document):
    """A persona that a person made for themselves, as a persona file holds it; one an id and owner."""

    one_per = ("user_id", "persona_id")

    user_id: Id
    persona_id: Id
    persona: dict[str, JsonValue]
    created_at: Moment = Field(default_factory=now)
    updated_at: Moment = Field(default_factory=now)


ConsentTo = Literal["call", "recording", "face_analysis", "voice_analysis", "transfer_abroad"]


class Consent(Document):
    """One decision about one thing. Kept as a history: the newest of a `to` holds."""

    user_id: Id
    to: ConsentTo
    version: str = Field(description="version of the text that was shown")
    granted: bool
    created_at: Moment = Field(default_factory=now)


class Recording(Document):
    """A stretch of a call as sound and picture, sealed (storage/vault.py); the file lies under the media folder."""

    session_id: Id
    call_id: Id
    user_id: Id
    file: str = Field(description="path relative to the media folder")
    media_type: str
    begins: float = Field(default=0.0, ge=0, description="s since the call began")
    size: int | None = Field(default=None, ge=0, description="bytes; null: still being made, or cut off by a crash")
    seconds: float | None = Field(default=None, ge=0, description="null like `size`")
    key: str = Field(default="", description="base64: its key, sealed under its person's")
    created_at: Moment = Field(default_factory=now)
    expires_at: Moment | None = None


class Upload(Document):
    """A sound or picture that a person sent; the file lies under the store's media folder."""

    user_id: Id
    file: str = Field(description="path relative to the media folder")
    media_type: str
    size: int = Field(ge=0, description="bytes")
    created_at: Moment = Field(default_factory=now)
    expires_at: Moment | None = None


class Access(Document):
    """Audit: who did what with whose data."""

    user_id: Id = Field(description="whose data")
    actor: str = Field(description="who asked")
    action: str = Field(description="read, export, delete …")
    target: str = Field(description="what, e.g. recordings/<id>; never content")
    created_at: Moment = Field(default_factory=now)
    expires_at: Moment | None = None


class DataKey(Document):
    """A person's data key, wrapped by the master key; without it their recordings are noise."""

    one_per = ("user_id",)

    user_id: Id
    wrapped: str = Field(description="base64")
    created_at: Moment = Field(default_factory=now)
