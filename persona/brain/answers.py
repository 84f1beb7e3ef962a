"""Answers about herself: finds the persona's own line for what was asked, and never says what the file does not.

It must not steer the conversation or know the person.
"""

from __future__ import annotations

import re

from persona.brain.hearing import Clause
from persona.brain.lines import key
from persona.brain.scene import Scene, topics
from persona.sentences import split

_TASTE = re.compile(
    r"좋아|즐기|즐겨|자주|잘먹|잘드|어때|관심|싫어|먹을줄|할줄|할수|먹어요|드세요|해보|가보|먹어보|보셨|봤어|아세요|알아요"
)
_FIRST_PERSON = re.compile(r"저|제[가 ]|나는|내가|^(?:요즘|한번|어릴|지금|오늘|이번|지난)")
_WHY = re.compile(r"왜|계기|이유|어쩌다|어떻게.{0,8}(?:시작|하게)|언제부터")
_STRONG = 2.0  # letters of a key that must have matched for an entry to be the answer


def answer(scene: Scene, clause: Clause) -> str | None:
    """Her answer to a question about herself, up to two sentences; None when her file has none."""
    return boundary(scene, clause.text) or _reason(scene, clause) or _own_line(scene, clause) or _taste(scene, clause)


def boundary(scene: Scene, text: str) -> str | None:
    """Her written "no" where the question crosses one of her lines."""
    compact = key(text)
    for bound in scene.persona.boundaries:
        if any(key(word) in compact for word in bound.keys):
            return scene.voice.insist(bound.lines)
    return None


def more_about(scene: Scene, topic: str) -> str | None:
    """Another line on the topic she spoke of last ("왜요?", "더 얘기해 주세요")."""
    entry = scene.about_topic(topic)
    return scene.voice.say(entry.lines) if entry else None


def disclosure(scene: Scene, topic: str) -> str | None:
    """One sentence about herself on `topic`, to give something back for what the person told."""
    entry = scene.about_topic(topic)
    if entry is None:
        return None
    firsts = [split(line)[0] for line in entry.lines]
    # A first sentence that answers ("네, …", "서울이요!") makes no sense unasked.
    unasked = [line for line in firsts if not re.match(r"(?:네|음|글쎄|응),|.*이요[.!]$|.*거요[.?]", line)]
    return scene.voice.say([line if _FIRST_PERSON.search(line) else f"저는 {line}" for line in unasked])


def unknown(scene: Scene, clause: Clause) -> str | None:
    """An honest way out when her file says nothing about it."""
    lines = scene.lines
    if clause.noun and (said := scene.voice.say(lines["unknown_question_about"], n=clause.noun)):
        return said
    return scene.voice.insist(lines["unknown_question"])


def _reason(scene: Scene, clause: Clause) -> str | None:
    """ "왜 그 일을 시작하셨어요?": the entry that gives her reason for the topic asked about or talked of."""
    if not _WHY.search(key(clause.text)):
        return None
    for topic in (*clause.topics, scene.topic):
        for name in (f"why{topic}", f"{topic}_why"):
            if said := more_about(scene, name):
                return said
    return None


def _own_line(scene: Scene, clause: Clause) -> str | None:
    exhausted: list[str] = []
    for entry, strength in scene.about(clause):
        if strength < _STRONG and not clause.topics:
            continue
        if (
            clause.noun
            and clause.kind
            and scene.attitude(clause.noun)
            and _asks_taste(clause)
            and not _names(entry.lines, clause.noun)
        ):
            break  # "등산 좋아하세요?" wants a yes or no about 등산, not her line on sports
        said = scene.voice.say(entry.lines)
        if said:
            return said
        exhausted += entry.lines
    if exhausted:
        parts = [sentence for line in exhausted for sentence in split(line)]
        return scene.voice.insist(parts)
    return None


def _names(lines: tuple[str, ...], noun: str) -> bool:
    return any(noun in line for line in lines)


def _asks_taste(clause: Clause) -> bool:
    return bool(_TASTE.search(key(clause.text)))


def _taste(scene: Scene, clause: Clause) -> str | None:
    if not clause.noun or not _asks_taste(clause):
        return None
    lines = scene.lines
    attitude = scene.attitude(clause.noun)
    name = {"likes": "like_yes", "dislikes": "like_no"}.get(attitude, "like_unsure")
    return scene.voice.say(lines[name], n=clause.noun)


def bounce(scene: Scene, clause: Clause) -> str | None:
    """Give the question back, unless the person has told already."""
    topic = next((t for t in clause.topics if t in topics()), "")
    if topic and (asked := scene.voice.say(topics()[topic]["ask"])):
        return asked
    names = "bounce" if scene.voice.slots.get("you") else "bounce_unnamed"
    return scene.voice.say(scene.lines[names])
