"""Answers about herself: finds the persona's own line for what was asked, and never says what the file does not.

It must not steer the conversation or know the person.
"""

from __future__ import annotations

import re

from analysis.korean import morphemes
from persona.brain.hearing import Clause, wonders
from persona.brain.lines import data, key
from persona.brain.scene import Scene, topics, topics_of
from persona.sentences import split

_TASTE = re.compile(
    r"좋아|즐기|즐겨|자주|잘먹|잘드|어때|관심|싫어|먹을줄|할줄|할수|먹어요|드세요|해보|가보|먹어보|보셨|봤어|아세요|알아요"
)
_FIRST_PERSON = re.compile(r"저|제[가 ]|나는|내가|^(?:요즘|한번|어릴|지금|오늘|이번|지난)")
_WHY = re.compile(r"왜|계기|이유|어쩌다|어떻게.{0,8}(?:시작|하게)|언제부터")
_THAT = re.compile(
    r"^(?:오|아|와|음)?[\s,]*(?:진짜요|정말요)?[?\s,]*"
    r"(?:거기|그거|그건|그때|그게|어디|어땠|뭐가|누구|언제|몇|어떤|왜|무슨)"
)  # it points at what is being talked of
_STRONG = 2.0  # letters of a key that must have matched for an entry to be the answer


def answer(scene: Scene, clause: Clause) -> str | None:
    """Her answer to a question about herself, up to two sentences; None when her file has none."""
    return (
        boundary(scene, clause.text)
        or _reason(scene, clause)
        or _own_line(scene, clause)
        or _from_card(scene, clause)
        or _taste(scene, clause)
        or _common(scene, clause)
        or _in_context(scene, clause)
    )


def boundary(scene: Scene, text: str) -> str | None:
    """Her written "no" where the question crosses one of her lines, or one that nobody's file need draw."""
    compact = key(text)
    for bound in scene.persona.boundaries:
        if any(key(word) in compact for word in bound.keys):
            return scene.voice.insist(bound.lines)
    if "politics" in topics_of(text):
        return scene.voice.insist(data("common")["politics"])
    return None


def more_about(scene: Scene, topic: str) -> str | None:
    """Another line on the topic she spoke of last ("왜요?", "더 얘기해 주세요")."""
    entry = scene.about_topic(topic)
    return scene.voice.next(entry.lines) if entry else None


def disclosure(scene: Scene, topic: str) -> str | None:
    """One sentence about herself on `topic`, to give something back for what the person told."""
    entry = scene.about_topic(topic)
    if entry is None:
        return None
    firsts = [split(line)[0] for line in entry.lines]
    # A first sentence that answers ("네, …", "서울이요!") makes no sense unasked.
    unasked = [
        line
        for line in firsts
        if not re.match(r"(?:네|음|글쎄|응|없어요|아니)|.*(?:이요|거요|요)[!?]|.{0,9}[^다]요\.$", line)
    ]
    return scene.voice.next([mine for line in unasked if (mine := _as_mine(line))])


def _is_whole(line: str) -> bool:
    """Whether a line stands by itself: "서울이요." and "여동생 하나요." only answer."""
    if line.endswith(("?", "하나요.")) or re.match(r"네|음|글쎄|응|없어요|아니", line):
        return False
    tokens = [token for token in morphemes(line) if not token.tag.startswith("S")]
    return bool(tokens) and tokens[-1].tag == "EF"


def _as_mine(line: str) -> str:
    """The line so that it is clear whose it is; "" where a 저는 would not fit before it."""
    if _FIRST_PERSON.search(line):
        return line
    if re.match(r"부모님|가족|동생|아버지|어머니|엄마|아빠|남동생|여동생|딸|아들|아내|친구들", line):
        return f"저희 {line}" if not line.startswith(("딸", "아들", "아내", "친구들")) else f"제 {line}"
    first = line.split(" ")[0]
    return "" if re.search(r"[가-힣](?:은|는|엔|에는|에서는)$", first) else f"저는 {line}"


def unknown(scene: Scene, clause: Clause) -> str | None:
    """An honest way out when her file says nothing about it."""
    lines = scene.lines
    wondering = wonders(clause.text)
    if re.search(r"언제부터|얼마나", clause.text) and (said := scene.voice.say(lines["unknown_since"])):
        return said
    if clause.noun and clause.kind and (said := scene.voice.say(lines["unknown_question_about"], n=clause.noun)):
        return said
    return scene.voice.say(lines["unknown_wh" if wondering else "unknown_yesno"]) or scene.voice.insist(
        lines["unknown_question"]
    )


def _from_card(scene: Scene, clause: Clause) -> str | None:
    """What the file says in its plain fields, where nobody has written a line about it."""
    for topic in clause.topics:
        if topic in _CARD and scene.about_topic(topic) is None and (said := _told_by(scene, topic)):
            return said
    return None


_CARD: dict[str, tuple[str, str]] = {  # topic → (field of the persona, line)
    "name": ("name", "저는 {value:이에요}."),
    "age": ("birth_year", "{value}년생이에요."),
    "birthday": ("birthday", "생일은 {value:이에요}."),
    "job": ("job", "저는 {value:이에요}."),
    "mbti": ("mbti", "저는 {value:이에요}."),
    "home": ("city", "저는 {value}에 살아요."),
    "hobby": ("hobbies", "시간 날 때는 {value:을} 해요."),
    "like": ("likes", "저는 {value:을} 좋아해요."),
    "dislike": ("dislikes", "{value:은} 조금 어려워해요."),
    "personality": ("personality", "한마디로 하면 {value:이에요}."),
}


def _told_by(scene: Scene, topic: str) -> str | None:
    field, line = _CARD[topic]
    value = getattr(scene.persona, field)
    said = ", ".join(value[:2]) if isinstance(value, tuple) else str(value)
    return scene.voice.say([line], value=said) if said else None


def _common(scene: Scene, clause: Clause) -> str | None:
    """What anybody could say, on topics that her file leaves out."""
    common: dict[str, list[str]] = data("common")
    for topic in clause.topics:
        if topic in common and (said := scene.voice.next(common[topic])):
            return said
    return None


def _in_context(scene: Scene, clause: Clause) -> str | None:
    """A question that names no topic ("어디가 제일 좋았어요?") is about what is being talked of."""
    if clause.topics or clause.kind or not wonders(clause.text) or len(key(clause.text)) > 14:
        return None
    if re.search(r"언제부터|얼마나", clause.text) or not _THAT.search(clause.text):
        return None
    return more_about(scene, scene.topic)


def _reason(scene: Scene, clause: Clause) -> str | None:
    """ "왜 그 일을 시작하셨어요?": the entry that gives her reason for the topic asked about or talked of."""
    if not _WHY.search(key(clause.text)):
        return None
    for topic in (*clause.topics, scene.topic, *topics_of(scene.her_last)):
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
        said = scene.voice.next(entry.lines)
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
    if not attitude and not clause.kind:
        return None
    name = {"likes": "like_yes", "dislikes": "like_no"}.get(attitude, "like_unsure")
    return scene.voice.say(lines[name], n=clause.noun)


def bounce(scene: Scene, clause: Clause) -> str | None:
    """Give the question back, unless the person has told already."""
    topic = next((t for t in clause.topics if t in topics()), "")
    if (
        topic
        and topics()[topic]["ask"]
        and scene.voice.chance(0.5)
        and (asked := scene.voice.say(topics()[topic]["ask"]))
    ):
        return asked
    names = "bounce" if scene.voice.slots.get("you") else "bounce_unnamed"
    return scene.voice.say(scene.lines[names])
