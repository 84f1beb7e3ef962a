"""What a conversation is judged by: level, repetition, length, safety, honesty; and the table all that goes into.

It must not know which engine wrote the conversation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analysis.speech_level import sentence_levels
from persona import Persona, safety
from persona.brain.lines import key
from persona.companion import Companion
from persona.engines import LanguageModel
from persona.intimacy import Relationship
from persona.sentences import split
from persona.types import Line

ROWS: list[str] = []  # of the table that conftest.py prints when all is over


@dataclass
class Report:
    """What went wrong in one person's calls, and how many sentences there were."""

    sentences: int = 0
    off_level: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    dishonest: list[str] = field(default_factory=list)
    calls: list[list[Line]] = field(default_factory=list)
    relationship: Relationship = field(default_factory=Relationship)

    @property
    def faults(self) -> list[str]:
        return self.off_level + self.repeated + self.too_long + self.unsafe + self.dishonest

    def row(self, persona: str, person: str) -> None:
        """Add a line to the table."""
        counts = (self.off_level, self.repeated, self.too_long, self.unsafe, self.dishonest)
        ROWS.append(
            f"{persona:12}{person:16}{self.sentences:9}"
            + "".join(f"{len(each):10}" for each in counts)
            + f"{self.relationship.intimacy:10.0f}{len(self.relationship.facts):7}"
        )

    def hers(self, first: int = 0) -> str:
        """All she said from call number `first` on."""
        return " ".join(line.text for call in self.calls[first:] for line in call if line.role == "assistant")


def judge(report: Report, said: str, polite: bool, history: Sequence[Line]) -> None:
    """Look one reply over, before it joins the history."""
    sentences = split(said)
    report.sentences += len(sentences)
    if not said.strip() or len(sentences) > 2:
        report.too_long.append(said)
    earlier = {key(sentence) for line in history if line.role == "assistant" for sentence in split(line.text)}
    report.repeated += [sentence for sentence in sentences if key(sentence) in earlier]
    for sentence, reading in sentence_levels(said):
        if reading.polite is not None and not reading.weak and reading.polite is not polite:
            report.off_level.append(sentence)
    reason = safety.fault(said)
    if reason in ("vendor", "number", "sexual"):
        report.unsafe.append(said)
    if reason == "denial":
        report.dishonest.append(said)


def lines_of(persona: Persona, calls: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """The person's lines, with the persona called by name."""
    for call in calls:
        yield [line.replace("{name}", persona.name[1:]) for line in call]


async def meet(model: LanguageModel, persona: Persona, calls: Sequence[Sequence[str]], seed: int = 4) -> Report:
    """One person's calls with one persona through the whole dialogue path, judged line by line."""
    report = Report()
    for lines in lines_of(persona, calls):
        companion = Companion(report.relationship, seed=seed)
        history: list[Line] = []
        for line in [None, *lines]:
            if line is not None:
                history.append(Line("user", line))
            prompt = companion.prompt(persona, history)
            said = "".join([piece async for piece in model.reply(prompt)]).strip()
            judge(report, said, prompt.level in ("하십시오체", "해요체"), history)
            history.append(Line("assistant", said))
        report.relationship = companion.after(persona, history)
        report.calls.append(history)
    return report
