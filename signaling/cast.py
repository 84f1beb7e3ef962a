"""Whom one person can call: the house's personas and those they made themselves.

It must not know routes. A persona somebody made is theirs alone: nobody else sees or calls it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from media.errors import DeyeonsoError
from persona import Persona, PersonaManager
from storage import Memory, NotFound, OwnPersona, Store, User
from storage.types import now

OWN_MOST = 20  # personas one person may make
PORTRAITS = frozenset(path.stem for path in (Path(__file__).parents[1] / "web" / "portraits").glob("*.svg"))
_TAKEN = frozenset({"choices"})  # an address of its own under /personas
_BY_GENDER = {"female": "haneul", "male": "jiho", "other": "seoa"}


class Cast:
    """The house's personas and everybody's own."""

    def __init__(self, personas: PersonaManager, store: Store) -> None:
        self.personas = personas
        self.store = store

    def is_own(self, persona: Persona) -> bool:
        """Whether somebody made this persona, so that it is not the house's."""
        return all(persona.id != one.id for one in self.personas.list_personas())

    async def persona_of(self, user_id: str | None, persona_id: str | None = None) -> Persona:
        """A persona of the house or this person's own; without a name the one they chose, else the house's choice.

        Raises DeyeonsoError `persona_unknown` | `persona_invalid`.
        """
        if persona_id is None:
            return await self._active_of(user_id)
        try:
            return self.personas.get_persona(persona_id)
        except DeyeonsoError as error:
            if error.code != "persona_unknown" or user_id is None:
                raise
            try:
                kept = await self.store.get(OwnPersona, own_id(user_id, persona_id), owner=user_id)
            except NotFound:
                raise error from None
            return _revived(kept)

    async def own_of(self, user_id: str) -> list[Persona]:
        """This person's own, oldest first; one that an older release wrote and this one cannot read is left out."""
        found: list[Persona] = []
        async for kept in self.store.each(OwnPersona, owner=user_id):
            try:
                found.append(_revived(kept))
            except DeyeonsoError:
                continue
        return found

    async def _active_of(self, user_id: str | None) -> Persona:
        """Whom a call without a name calls: this person's choice, else the house's."""
        if user_id is not None:
            try:
                chosen = (await self.store.get(User, user_id, owner=user_id)).active_persona
                if chosen:
                    return await self.persona_of(user_id, chosen)
            except DeyeonsoError:  # nobody chosen, or one that is gone: the house's choice
                pass
        return self.personas.get_active_persona()

    async def activate(self, user_id: str, persona_id: str) -> Persona:
        """Remember this person's choice. Raises as `persona_of`."""
        persona = await self.persona_of(user_id, persona_id)
        try:
            await self.store.update(User, user_id, owner=user_id, active_persona=persona.id, updated_at=now())
        except NotFound:
            await self.store.put(User(id=user_id, active_persona=persona.id))
        return persona

    async def keep(self, user_id: str, persona: Persona, *, new: bool) -> None:
        """Keep an own persona. Raises `persona_exists`, `persona_fixed`, `persona_unknown`, `too_many`."""
        if persona.id in _TAKEN or not self.is_own(persona):
            raise DeyeonsoError(
                "persona_exists" if new else "persona_fixed", f"{persona.id!r} is a persona of the house", "caller"
            )
        document = OwnPersona.model_validate(
            {"user_id": user_id, "persona_id": persona.id, "persona": persona.model_dump(mode="json")}
        )
        try:
            before = await self.store.get(OwnPersona, document.id, owner=user_id)
        except NotFound:
            if not new:
                raise DeyeonsoError("persona_unknown", f"you have no persona {persona.id!r}", "caller") from None
            page = await self.store.page(OwnPersona, owner=user_id, limit=OWN_MOST)
            if len(page.items) >= OWN_MOST:
                raise DeyeonsoError("too_many", f"you may keep {OWN_MOST} personas of your own", "caller") from None
            await self.store.add(document)
            return
        if new:
            raise DeyeonsoError("persona_exists", f"you have a persona {persona.id!r} already", "caller")
        await self.store.put(document.model_copy(update={"created_at": before.created_at}))

    async def remove(self, user_id: str, persona_id: str) -> None:
        """Delete an own persona and what it remembers. Raises `persona_fixed` (the house's), `persona_unknown`."""
        if any(persona_id == one.id for one in self.personas.list_personas()):
            raise DeyeonsoError("persona_fixed", f"{persona_id!r} is a persona of the house", "caller")
        try:
            await self.store.delete(OwnPersona, own_id(user_id, persona_id), owner=user_id)
        except NotFound:
            raise DeyeonsoError("persona_unknown", f"you have no persona {persona_id[:40]!r}", "caller") from None
        with suppress(NotFound):
            await self.store.delete(Memory, own_id(user_id, persona_id), owner=user_id)


def own_id(user_id: str, persona_id: str) -> str:
    """The document's id: an id of a persona holds no dot, so it is nobody else's."""
    return f"{user_id}.{persona_id}"


def portrait_of(persona: Persona) -> str:
    """The address of a drawn portrait: an own one, the one chosen, or one that fits; never a path from outside."""
    wanted = next((name for name in (persona.portrait, persona.id) if name in PORTRAITS), _BY_GENDER[persona.gender])
    return f"/static/portraits/{wanted}.svg"


def _revived(kept: OwnPersona) -> Persona:
    try:
        return Persona.model_validate(kept.persona)
    except ValidationError as error:
        raise DeyeonsoError("persona_invalid", f"{kept.persona_id}: {error.errors()[0]['msg']}") from error
