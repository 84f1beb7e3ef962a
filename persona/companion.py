"""One person and one persona through one call: turns a history into the prompt of the next reply. No I/O.

It must not know engines or storage: it is given the relationship as it was, and gives it back as it became.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from persona import intimacy, memory
from persona.engines import Prompt
from persona.intimacy import Relationship
from persona.prompt import assemble
from persona.schema import Persona
from persona.types import Fact, Line

CUE_BAR = 0.6  # confidence from which a feeling that was heard or seen may be mentioned
CUE_EVERY = 4  # turns between two remarks
CUE_AGAIN = 12  # turns until the same feeling is remarked on again
CUES_MOST = 3  # remarks in a call: a friend says it once or twice, an instrument all the time


class Companion:
    """Its `prompt` is what a conversation calls before every reply; calling it twice changes nothing.

    The morphology must be loaded (`analysis.korean.load`, on a worker): then a prompt takes a few milliseconds.
    """

    def __init__(self, before: Relationship | None = None, seed: int = 0, at: str = "") -> None:
        """`before`: what was stored after the last call; `at`: wall time of this call, ISO 8601."""
        self.before = before or Relationship()
        self._seed = seed
        self._at = at
        self._forgotten: set[tuple[str, str]] = set()  # (slot, value) the person has deleted or corrected meanwhile
        self._cues: list[tuple[int, str]] = []  # (the turn it was noticed at, the feeling), oldest first
        self.casual = self.before.casual  # whether both have agreed to 반말, as of the last prompt

    def notice(self, feeling: str, confidence: float, turn: int) -> None:
        """A feeling heard or seen ("nervous", "sad", "happy", "tired", "angry") in turn `turn`, confidence 0–1."""
        if confidence < CUE_BAR or len(self._cues) >= CUES_MOST:
            return
        if all(turn - then >= (CUE_AGAIN if felt == feeling else CUE_EVERY) for then, felt in self._cues):
            self._cues.append((turn, feeling))

    def reminded(self, before: Relationship, history: Sequence[Line]) -> None:
        """The person changed or deleted what is stored of them while the call goes on: `before` is what is left.

        What they told in `history` and is not in it either is not picked up again from there.
        """
        told = [*self.before.facts, *memory.facts_in(history, self.before.sessions + 1)]
        left = {(fact.slot, fact.value) for fact in before.facts}
        gone = {(fact.slot, fact.value) for fact in self.before.facts} - left
        if not before.facts and not before.summary:  # all of it
            gone |= {(fact.slot, fact.value) for fact in told}
        self._forgotten |= gone
        self.before = before

    def _kept(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        return tuple(fact for fact in facts if (fact.slot, fact.value) not in self._forgotten)

    def prompt(self, persona: Persona, history: Sequence[Line]) -> Prompt:
        """All the next reply may know. `history` is this call's, hers as heard."""
        now = intimacy.standing(persona, self.before, history)
        self.casual = now.casual
        session = self.before.sessions + 1
        turn = sum(line.role == "user" for line in history)
        return assemble(
            persona,
            history,
            seed=self._seed,
            level=now.level,
            intimacy=now.intimacy,
            facts=memory.merged(self.before.facts, self._kept(memory.facts_in(history, session, self._at))),
            summary=self.before.summary,
            session=session,
            cue=next((felt for then, felt in self._cues if then == turn), ""),
            aim=now.aim,
        )

    def after(self, persona: Persona, history: Sequence[Line]) -> Relationship:
        """The relationship to store once the call is over."""
        became = intimacy.after(persona, self.before, history, self._at)
        return replace(became, facts=self._kept(became.facts))
