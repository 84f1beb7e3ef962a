"""How each kind of document is filed: its collection, owner, order, the fields it can be found by, its version.

It must not know databases; adapters make tables, collections and indexes out of this one table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import ValidationError

from storage import types
from storage.errors import StoreBroken
from storage.types import Document

D = TypeVar("D", bound=Document)
Raw = dict[str, Any]  # field → value as both databases take it: str, numbers, bool, None, datetime, list, dict
Upgrade = Callable[[Raw], Raw]
Keep = Literal["media", "transcripts", "audit"]  # classes of what does not stay for good; how long is a setting


@dataclass(frozen=True)
class Kind(Generic[D]):
    """One collection. `upgrades[n]` turns a document of version n+1 into one of version n+2."""

    model: type[D]
    name: str  # of the collection or table
    owner: str = "user_id"  # field that says whose it is
    order: str = "created_at"  # field that orders pages; ties are broken by id
    filters: tuple[str, ...] = ()  # fields it can be found by; each gets an index
    has_file: bool = False  # `file` names a file that must go when the document goes
    keep: Keep | None = None  # how long, by which promise: then it has `expires_at`
    upgrades: tuple[Upgrade, ...] = ()

    @property
    def expires(self) -> bool:
        return self.keep is not None

    @property
    def version(self) -> int:
        return len(self.upgrades) + 1

    def freeze(self, document: D) -> Raw:
        """The document as it is stored, with its version as `v`."""
        return {"v": self.version, **document.model_dump()}

    def revive(self, raw: Mapping[str, Any]) -> D:
        """The document out of what is stored, upgraded if it is older.

        Raises StoreBroken: `store_newer`, or `store_unreadable` for what this product did not write.
        """
        version = raw.get("v", 1)
        if version > self.version:
            raise StoreBroken("store_newer", f"{self.name}: a newer release wrote version {version} of a document")
        for upgrade in self.upgrades[version - 1 :]:
            raw = upgrade(dict(raw))
        try:
            return self.model.model_validate(raw)
        except ValidationError as error:
            wrong = ", ".join(sorted({str(problem["loc"][0]) for problem in error.errors(include_input=False)}))
            raise StoreBroken("store_unreadable", f"{self.name}: document {raw.get('id')}: bad {wrong}") from error


# In the order in which everything of a person is erased: first the key without which recordings are noise, files
# next, and the user last, so that an interrupted erasure can simply be asked for again.
KINDS: tuple[Kind[Any], ...] = (
    Kind(types.DataKey, "data_keys"),
    Kind(types.Recording, "recordings", filters=("session_id", "call_id"), has_file=True, keep="media"),
    Kind(types.Upload, "uploads", has_file=True, keep="media"),
    Kind(types.TimelineChunk, "timelines", filters=("session_id", "call_id"), keep="transcripts"),
    Kind(types.Turn, "turns", filters=("session_id", "call_id"), keep="transcripts"),
    Kind(types.ChatMessage, "chat_messages", order="timestamp", filters=("session_id",), keep="transcripts"),
    Kind(types.Feedback, "feedback", filters=("session_id",), has_file=True, keep="transcripts"),
    Kind(types.ChatSession, "chat_sessions", filters=("persona_id",), keep="transcripts"),
    Kind(types.Memory, "memories"),
    Kind(types.OwnPersona, "own_personas"),
    Kind(types.Consent, "consents", filters=("to",)),
    Kind(types.Access, "accesses", keep="audit"),
    Kind(types.User, "users", owner="id"),
)

_by_model: dict[type[Document], Kind[Any]] = {kind.model: kind for kind in KINDS}


def kind_of(model: type[D]) -> Kind[D]:
    """How documents of `model` are filed."""
    return _by_model[model]
