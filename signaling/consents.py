"""What people are asked, and what their answers allow. Pure but for reading the newest answers from the store.

It must not know routes or calls. A yes holds for the text it was said to: a new version is asked again; a no stays.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, TypeAdapter

from media.errors import DeyeonsoError
from storage import Consent, Store
from storage.types import ConsentTo


class Question(BaseModel):
    """One consent, as a person reads it before they answer."""

    model_config = ConfigDict(frozen=True)

    to: ConsentTo
    version: str
    required: bool
    title: str
    text: str
    without: str


_FILE = Path(__file__).with_name("consents.json")
QUESTIONS: tuple[Question, ...] = TypeAdapter(tuple[Question, ...]).validate_python(
    json.loads(_FILE.read_text(encoding="utf-8"))
)

# Where no sign-in is configured the guest is who runs the service, on their own machine: what stays on it is not
# forbidden until they say no, and which engines are used was their own choice. Nothing is ever recorded unasked.
GUEST_MAY: frozenset[ConsentTo] = frozenset(("call", "face_analysis", "voice_analysis", "transfer_abroad"))


@dataclass(frozen=True, slots=True)
class Standing:
    """A question and a person's newest answer to it, if any."""

    question: Question
    answer: Consent | None

    @property
    def granted(self) -> bool | None:
        """Yes or no; None where this text has not been answered."""
        if self.answer is None or (self.answer.granted and self.answer.version != self.question.version):
            return None
        return self.answer.granted

    def allows(self, guest: bool) -> bool:
        """Whether it may be done."""
        return (guest and self.question.to in GUEST_MAY) if self.granted is None else self.granted


async def standings(store: Store, user_id: str) -> tuple[Standing, ...]:
    """Every question with this person's newest answer."""

    async def newest(question: Question) -> Standing:
        page = await store.page(Consent, owner=user_id, to=question.to, newest_first=True, limit=1)
        return Standing(question, page.items[0] if page.items else None)

    return tuple(await asyncio.gather(*(newest(question) for question in QUESTIONS)))


async def answer(store: Store, user_id: str, answers: Mapping[ConsentTo, tuple[str, bool]]) -> tuple[Standing, ...]:
    """Keep answers as `{to: (version, granted)}`; the standings afterwards. Raises DeyeonsoError `consent_outdated`."""
    before = {standing.question.to: standing for standing in await standings(store, user_id)}
    for to, (version, _) in answers.items():
        if version != before[to].question.version:
            message = f"{to}: the text has changed (version {before[to].question.version}): read it again"
            raise DeyeonsoError("consent_outdated", message, "caller")
    for to, (version, granted) in answers.items():
        if before[to].granted is not granted:
            await store.add(Consent(user_id=user_id, to=to, version=version, granted=granted))
    return await standings(store, user_id)


async def allowed(store: Store, user_id: str, guest: bool) -> frozenset[ConsentTo]:
    """All that may be done for this person."""
    return frozenset(one.question.to for one in await standings(store, user_id) if one.allows(guest))


def check_call(allowed: frozenset[ConsentTo], abroad: frozenset[str]) -> None:
    """Whether a talk may begin or go on. Raises DeyeonsoError `consent_needed`."""
    if missing := missing_for_call(allowed, abroad):
        raise _needed(missing)


async def require(store: Store, user_id: str, guest: bool, *needed: ConsentTo) -> None:
    """Raises DeyeonsoError `consent_needed` for the first of `needed` that this person does not allow."""
    may = await allowed(store, user_id, guest) if needed else frozenset()
    for to in needed:
        if to not in may:
            raise _needed(to)


def _needed(to: ConsentTo) -> DeyeonsoError:
    title = next(question.title for question in QUESTIONS if question.to == to)
    return DeyeonsoError("consent_needed", f"먼저 '{title}'에 동의해 주세요. ({to})", "caller")


def missing_for_call(allowed: frozenset[ConsentTo], abroad: frozenset[str]) -> ConsentTo | None:
    """The first consent that a talk needs and does not have."""
    if "call" not in allowed:
        return "call"
    return "transfer_abroad" if abroad and "transfer_abroad" not in allowed else None


def sent_abroad(names: Mapping[str, str], openai_base_url: str) -> frozenset[str]:
    """Which engines (`stt`, `llm`, `tts`) send what is said to another country: Edge, and OpenAI's own or any server
    that is not on this network."""
    own = _on_this_network(openai_base_url)
    return frozenset(
        kind for kind, name in names.items() if name.startswith("edge") or (name.startswith("openai") and not own)
    )


def _on_this_network(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private  # loopback too
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".lan"))
