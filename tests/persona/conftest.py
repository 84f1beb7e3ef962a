"""What the tests of the offline brain share."""

from __future__ import annotations

import pytest

from persona import Persona, PersonaManager
from persona.brain import load


@pytest.fixture(scope="session")
def brain() -> None:
    """Its tables and the morphology, loaded once."""
    load()


@pytest.fixture(scope="session")
def seoa() -> Persona:
    return PersonaManager().get_persona("seoa")
