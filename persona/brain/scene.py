"""Where the conversation stands: who is known, what was asked and told, what is still untouched. Read from the history.

It must not choose words; every reply builds its own scene, so nothing has to be kept between turns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from analysis.hangul import final_consonant
from persona import memory
from persona.brain.hearing import Clause, Heard, topic_ids, topic_index, understand
from persona.brain.lines import Voice, data, fill, key
from persona.brain.matching import Index
from persona.engines import Prompt
from persona.prompt import level_at
from persona.schema import About, Persona
from persona.sentences import split
from persona.types import Fact, Line


class Stock:
    """Lines by name: the persona's own while one of them is left, the brain's after that."""

    def __init__(self, persona: Persona, voice: Voice) -> None:
        self._persona, self._voice = persona, voice

    def __getitem__(self, name: str) -> Sequence[str]:
        own = self._persona.lines.get(name, ())
        common: list[str] = data("lines").get(name, [])
        return own if (own and self._voice.has_fresh(own)) or not common else common


@dataclass(frozen=True)
class Scene:
    """One moment of the conversation, with everything a reply may draw on."""

    prompt: Prompt

    @property
    def persona(self) -> Persona:
        return self.prompt.persona

    @cached_property
    def heard(self) -> Heard:
        """The person's present turn; where it calls her by name ("서아 씨는요?"), it says "you"."""
        text = self.history[-1].text if self.history and self.history[-1].role == "user" else ""
        return understand(self._addressed.sub(lambda call: "너" if call[2] else "그쪽", text))

    @cached_property
    def _addressed(self) -> re.Pattern[str]:
        name, given = re.escape(self.persona.name), re.escape(memory.given_name(self.persona.name))
        return re.compile(rf"(?:{name}|{given})(?:\s?(씨|님)|(이?(?=[는도가랑]\s)))(?![가-힣]*(?:이에요|예요|입니다))")

    @cached_property
    def main(self) -> Clause:
        return self.heard.main

    @property
    def history(self) -> tuple[Line, ...]:
        return self.prompt.history

    @cached_property
    def turn(self) -> int:
        return sum(line.role == "user" for line in self.history)

    @cached_property
    def casual(self) -> bool:
        return self.prompt.level in ("해체", "해라체")

    @cached_property
    def voice(self) -> Voice:
        return Voice(
            self.history, self.prompt.level, self._slots(), f"{self.prompt.seed}:{self.persona.id}:{self.turn}"
        )

    @cached_property
    def lines(self) -> Stock:
        """The stock of lines, the persona's own wording first."""
        return Stock(self.persona, self.voice)

    @cached_property
    def told(self) -> tuple[Fact, ...]:
        """What the person told in this call, before this turn and in it."""
        return tuple(memory.facts_in(self.history, self.prompt.session))

    @cached_property
    def known(self) -> tuple[Fact, ...]:
        """All that is known of the person, from earlier calls too."""
        return memory.merged(self.prompt.facts, self.told)

    @cached_property
    def new(self) -> list[Fact]:
        """What this turn told for the first time."""
        before = {(fact.slot, fact.value) for fact in (*self.prompt.facts, *self.told) if fact.turn != self.turn}
        return [f for f in self.told if f.turn == self.turn and (f.slot, f.value) not in before]

    @cached_property
    def her_last(self) -> str:
        """Her last line."""
        return next((line.text for line in reversed(self.history) if line.role == "assistant"), "")

    @cached_property
    def asked(self) -> str:
        """The question that is open: the end of her last line, or of one before to which nothing was said yet."""
        hers = ""
        for line in reversed(self.history[:-1]):
            if line.role == "user":
                if not understand(line.text).unsaid:
                    break
                continue
            hers = (split(line.text)[-1:] or [""])[0]
            if hers.endswith("?"):
                return hers
        return ""

    @cached_property
    def asked_topics(self) -> tuple[str, ...]:
        return topics_of(self.asked) if self.asked else ()

    @cached_property
    def topic(self) -> str:
        """What is being talked about: this turn's topic, else that of her last line, else of the turn before."""
        for found in (self.main.topics, self.asked_topics, self.before.main.topics, topics_of(self.her_last)):
            if found:
                return found[0]
        return ""

    @cached_property
    def before(self) -> Heard:
        """The person's turn before this one."""
        said = [line.text for line in self.history[:-1] if line.role == "user"]
        return understand(self._addressed.sub("그쪽", said[-1]) if said else "")

    @cached_property
    def unsaid_running(self) -> int:
        """How many of the person's latest turns in a row, this one included, said nothing (silence, "음…")."""
        count = 0
        for line in reversed(self.history):
            if line.role == "user":
                if not understand(line.text).unsaid:
                    break
                count += 1
        return count

    @cached_property
    def visited(self) -> set[str]:
        """Topics that came up in this call, in anybody's line."""
        found = {topic for line in self.history for sentence in split(line.text) for topic in topics_of(sentence)[:2]}
        said = [clause for line in self.history if line.role == "user" for clause in understand(line.text).clauses]
        return found | {str(data("nouns")[clause.kind]["topic"]) for clause in said if clause.kind}

    @cached_property
    def heavy(self) -> bool:
        """Whether one of the person's last turns told of something that weighs on them, and none since was glad."""
        said = [understand(line.text) for line in self.history if line.role == "user"][-4:]
        for ago, heard in enumerate(reversed(said)):
            felt = {clause.feeling for clause in heard.clauses} - {""}
            glad = not felt and any(clause.frame in ("enjoyed", "like") for clause in heard.clauses)
            if glad or felt & {"happy", "achieved", "relieved"} or heard.has("laugh"):
                return False
            if felt & {"sad", "lonely", "worried"} or ("hard" in felt and ago <= 1):
                return True
        return False

    @cached_property
    def questions_running(self) -> int:
        """How many of her latest lines in a row ended with a question."""
        count = 0
        for line in reversed(self.history):
            if line.role == "assistant":
                if not line.text.rstrip().endswith("?"):
                    break
                count += 1
        return count

    @cached_property
    def short_answers(self) -> int:
        """How many of the person's latest turns in a row were only a few syllables."""
        count = 0
        for line in reversed(self.history):
            if line.role == "user":
                if len(key(line.text)) > 5:
                    break
                count += 1
        return count

    def times(self, act: str) -> int:
        """How many of the person's turns, this one included, showed `act`."""
        return sum(understand(line.text).has(act) for line in self.history if line.role == "user")

    def about(self, clause: Clause) -> list[tuple[About, float]]:
        """Her own entries that `clause` asks for, best first, with the strength of the match."""
        entries = about_index(self.persona)
        found = {match.entry: match.strength for match in entries.find(clause.text)}
        for rank, topic in enumerate(clause.topics):
            for number, entry in enumerate(self.persona.about):
                if entry.topic == topic:
                    found[number] = max(found.get(number, 0.0), 2.0 - rank * 0.5)
        ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return [(self.persona.about[number], strength) for number, strength in ordered]

    def about_topic(self, topic: str) -> About | None:
        return next((entry for entry in self.persona.about if entry.topic == topic), None)

    def attitude(self, noun: str) -> str:
        """Her file's word on `noun`: "likes", "dislikes" or ""."""
        plain = key(noun)
        if not plain:
            return ""
        # "공포 영화" is disliked, 영화 is not; but who likes "필름 사진" likes 사진.
        if any(plain == key(word) or (len(key(word)) > 1 and key(word) in plain) for word in self.persona.dislikes):
            return "dislikes"
        liked = (*self.persona.likes, *self.persona.hobbies)
        if any(plain in key(word) or (len(plain) > 2 and key(word) in plain) for word in liked):
            return "likes"
        return ""

    def _slots(self) -> dict[str, str]:
        slots = {"me": self.persona.name}
        name = memory.given_name(memory.value_of(self.known, "name"))
        if name:
            address = level_at(self.persona, self.prompt.intimacy, self.casual).address or "{name} 씨"
            friend = f"{name}이" if final_consonant(name) else name  # "수진이 덕분에"
            slots["who"] = (
                friend if self.casual else fill(re.sub(r"\{name:아\}", "{name} 씨", address), {"name": name}) or ""
            )
            slots["call"] = fill("{name:아}", {"name": name}) or "" if self.casual else slots["who"]
        if self.casual or name:
            slots["you"] = "너" if self.casual else slots["who"]
        return slots


@lru_cache(maxsize=4096)
def topics_of(sentence: str) -> tuple[str, ...]:
    return tuple(topic_ids()[match.entry] for match in topic_index().find(sentence))


@lru_cache(maxsize=64)
def about_index(persona: Persona) -> Index:
    """The persona's own keys, worth more than the brain's, and the brain's keys of the topics it speaks about."""
    keys_of = {topic["id"]: topic["keys"] for topic in data("topics")}
    weight_of = {topic["id"]: float(topic.get("weight", 1)) for topic in data("topics")}
    keys: list[tuple[str, int, float]] = []
    for number, entry in enumerate(persona.about):
        keys += [(word, number, 1.3) for word in entry.keys]
        keys += [(word, number, weight_of[entry.topic]) for word in keys_of.get(entry.topic, ())]
    return Index(keys)


@lru_cache(maxsize=1)
def topics() -> dict[str, dict[str, list[str]]]:
    return {topic["id"]: topic for topic in data("topics")}
