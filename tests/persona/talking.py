"""Talking with the offline brain alone, line by line."""

from __future__ import annotations

from persona import Persona, PersonaManager
from persona.brain import reply
from persona.prompt import assemble
from persona.types import Line

PERSONAS = PersonaManager().list_personas()


def answer(persona: Persona, *said: str, seed: int = 1) -> str:
    """Her answer to the last of `said`, with her own answers between them."""
    history: list[Line] = []
    for line in said:
        history.append(Line("user", line))
        history.append(Line("assistant", " ".join(reply(assemble(persona, history, seed=seed)))))
    return history[-1].text
