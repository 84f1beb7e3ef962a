"""The offline brain as a language model: streamed, deterministic, on its own thread."""

from __future__ import annotations

import pytest

from media.errors import DeyeonsoError
from persona import PersonaManager
from persona.adapters.offline import OfflineBrain
from persona.prompt import assemble
from persona.types import Line


@pytest.fixture
async def model():
    brain = OfflineBrain()
    yield brain
    await brain.close()


async def test_it_greets_with_an_opener_and_answers_from_the_file(model: OfflineBrain) -> None:
    seoa = PersonaManager().get_persona("seoa")
    greeting = "".join([piece async for piece in model.reply(assemble(seoa, []))])
    assert greeting in seoa.openers
    history = [Line("assistant", greeting), Line("user", "고향이 어디세요?")]
    pieces = [piece async for piece in model.reply(assemble(seoa, history))]
    assert "부산" in "".join(pieces)
    assert 1 <= len(pieces) <= 2


async def test_the_same_seed_gives_the_same_words_and_another_seed_others(model: OfflineBrain) -> None:
    seoa = PersonaManager().get_persona("seoa")
    said = {
        seed: ["".join([p async for p in model.reply(assemble(seoa, [Line("user", "네, 안녕하세요."), ], seed=seed))])
               for _ in range(2)]
        for seed in range(6)
    }  # fmt: skip
    assert all(one == two for one, two in said.values())
    assert len({one for one, _ in said.values()}) > 1


async def test_a_fault_in_the_brain_is_one_translated_error(model: OfflineBrain) -> None:
    with pytest.raises(DeyeonsoError) as error:
        [piece async for piece in model.reply(None)]  # type: ignore[arg-type]  # what no caller should do
    assert (error.value.code, error.value.whose) == ("model_failed", "server")
