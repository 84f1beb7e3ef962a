"""Words of feeling in Korean text: which emotion or valence each carries, whether it is denied, whose feeling it is.

Pure over morphemes and our own lexicon (analysis/lexicon/feelings.json, dictionary forms); it must not know voices,
scores or turns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

from analysis.korean import Morpheme, morphemes
from analysis.readings import EMOTIONS, Emotion

LEXICON = Path(__file__).with_name("lexicon") / "feelings.json"
STRONG = frozenset(["너무", "정말", "진짜", "매우", "아주", "완전", "엄청", "굉장히", "무척", "몹시", "참"])
STRONGER = 1.4  # weight of a feeling behind such a word
NEUTRAL = 0.4  # weight of "nothing in particular" against one word of feeling
BARE = 0.75  # probability of 중립 where no word of feeling was found
_SIGNS: tuple[tuple[re.Pattern[str], Emotion], ...] = (
    (re.compile(r"ㅋ{2,}|ㅎ{2,}|\^\^|[😀😁😂🤣😃😄😆😊🥰😍🥳❤]"), "기쁨"),
    (re.compile(r"ㅠ{2,}|ㅜ{2,}|[😢😭😔😞🥺💔]"), "슬픔"),
    (re.compile(r"[😠😡🤬]"), "분노"),
    (re.compile(r"[😮😲😳🤯]"), "놀람"),
    (re.compile(r"[😨😰😱]"), "두려움"),
    (re.compile(r"[🤢🤮]"), "혐오"),
)

_Key = tuple[tuple[str, str], ...]  # (form, P predicate | N all else) of the words that carry meaning


@dataclass(frozen=True, slots=True)
class Feeling:
    """One word (or phrase) of feeling."""

    kind: str  # an emotion, or "+" or "-" for mere valence
    start: int  # index into the text
    end: int
    weight: float
    denied: bool  # 좋지 않다, 안 무섭다, 재미가 없다
    others: bool  # the other person's: honoured (-시-), guessed (-겠-)

    @property
    def valence(self) -> float:
        """−1 … 1: surprise has none; a denied misfortune is only a little good."""
        sign = {"기쁨": 1.0, "+": 1.0, "놀람": 0.0}.get(self.kind, -1.0)
        return sign if not self.denied else (-0.8 if sign > 0 else 0.4 if sign < 0 else 0.0)


@lru_cache(maxsize=2048)
def feelings(text: str) -> tuple[Feeling, ...]:
    """Every word of feeling in `text`, in order; of two that overlap the longer one."""
    tokens = morphemes(text)
    content = [(index, _key(token)) for index, token in enumerate(tokens) if _carries(token)]
    table = _table()
    found: list[Feeling] = []
    position = 0
    while position < len(content):
        entry = next(
            (e for e in table.get(content[position][1], ()) if _matches(e[0], content[position:])),
            None,
        )
        if entry is None:
            position += 1
            continue
        key, kind = entry
        first, last = content[position][0], content[position + len(key) - 1][0]
        before = tokens[content[position - 1][0]] if position else None
        found.append(_feeling(tokens, first, last, kind, before))
        position += len(key)
    for pattern, emotion in _SIGNS:
        found += [Feeling(emotion, sign.start(), sign.end(), 0.7, False, False) for sign in pattern.finditer(text)]
    return tuple(sorted(found, key=lambda feeling: feeling.start))


def sentiment(found: Iterable[Feeling]) -> float | None:
    """−1 … 1: the weighted mean valence of one's own words; None without any. Another's misfortune does not count."""
    own = [one for one in found if one.valence and not (one.others and one.valence < 0)]
    weight = sum(one.weight for one in own)
    return sum(one.weight * one.valence for one in own) / weight if weight else None


def emotions(found: Iterable[Feeling]) -> Mapping[Emotion, float]:
    """Probabilities of the 8 emotions by the words alone. Others' feelings are left out."""
    mass: dict[Emotion, float] = dict.fromkeys(EMOTIONS, 0.0)
    for one in found:
        if one.others:
            continue
        if one.kind in mass and not one.denied:
            mass[one.kind] += one.weight
        elif one.denied and one.kind in ("기쁨", "+"):
            mass["슬픔"] += 0.5 * one.weight
        elif not one.denied and one.kind == "+":
            mass["기쁨"] += 0.7 * one.weight
        elif not one.denied and one.kind == "-":  # something is bad: sad, cross or repelled, nobody can say which
            for emotion, share in (("슬픔", 0.4), ("분노", 0.25), ("혐오", 0.15)):
                mass[cast(Emotion, emotion)] += share * one.weight
    total = sum(mass.values())
    if not total:
        rest = (1 - BARE) / (len(EMOTIONS) - 1)
        return {emotion: BARE if emotion == "중립" else rest for emotion in EMOTIONS}
    mass["중립"] += NEUTRAL
    return {emotion: value / (total + NEUTRAL) for emotion, value in mass.items()}


@lru_cache(maxsize=1)
def _table() -> Mapping[tuple[str, str], tuple[tuple[_Key, str], ...]]:
    """Entries by their first word, longest first. Written in dictionary form, cut as Kiwi cuts running text."""
    table: dict[tuple[str, str], list[tuple[_Key, str]]] = {}
    entries: Mapping[str, list[str]] = json.loads(LEXICON.read_text(encoding="utf-8"))
    for kind, words in entries.items():
        for word in words:
            key = tuple(_key(token) for token in morphemes(word) if _carries(token))
            for spelling in (key, _other_cut(key)) if word.endswith("하다") else (key,):
                table.setdefault(spelling[0], []).append((spelling, kind))
    return {first: tuple(sorted(found, key=lambda e: -len(e[0]))) for first, found in table.items()}


def _other_cut(key: _Key) -> _Key:
    """Kiwi takes 서운하다 for one word here and for 서운 + 하다 there: the last word, cut the other way."""
    form, sort = key[-1]
    return (*key[:-1], (form.removesuffix("하"), "N") if sort == "P" else (form + "하", "P"))


def _matches(key: _Key, content: list[tuple[int, tuple[str, str]]]) -> bool:
    return len(key) <= len(content) and all(word == content[i][1] for i, word in enumerate(key))


def _carries(token: Morpheme) -> bool:
    return (token.tag[0] in "NVMIX" and token.tag not in ("VCP", "XSV", "XSA", "XSN")) or token.tag == "SL"


def _key(token: Morpheme) -> tuple[str, str]:
    return token.form, "P" if token.tag[0] == "V" else "N"


def _feeling(tokens: tuple[Morpheme, ...], first: int, last: int, kind: str, before: Morpheme | None) -> Feeling:
    behind = _ending(tokens, last)
    denied = _denied(tokens, last) or (before is not None and before.form in ("안", "못") and before.tag == "MAG")
    others = any(token.tag == "EP" and token.form in ("시", "으시", "겠") for token in behind) or any(
        token.tag == "EF" and token.form.endswith(("세요", "셔요")) for token in behind
    )
    strong = any(token.form in STRONG for token in tokens[max(0, first - 2) : first])
    return Feeling(kind, tokens[first].start, tokens[last].end, STRONGER if strong else 1.0, denied, others)


def _ending(tokens: tuple[Morpheme, ...], last: int) -> list[Morpheme]:
    """The suffixes and endings that follow directly."""
    found = []
    for token in tokens[last + 1 :]:
        if token.tag[0] not in "EX" and token.tag != "VCP":
            break
        found.append(token)
    return found


def _denied(tokens: tuple[Morpheme, ...], last: int) -> bool:
    """-지 (는) 않다/못하다/말다; a noun + (가/는) 없다; (-ㄴ 것이/이) 아니다."""
    for index, token in enumerate(tokens[last + 1 : last + 7]):
        if token.tag in ("VX", "VV") and token.form in ("않", "못하", "말"):
            return True
        if token.form == "못" and token.tag == "MAG" and tokens[last + index].form == "지":
            return True
        if token.form == "없" and token.tag == "VA" and tokens[last].tag[0] in "NX":
            return index <= 4
        if token.tag == "VCN":
            return True
        if token.tag[0] in "SI" or (token.tag == "EF") or (token.tag == "EC" and token.form not in ("지", "어", "아")):
            return False
        if (
            token.tag[0] in "NM"
            and token.tag not in ("NNB",)
            and token.form not in ("안", "못", "것", "하나", "전혀", "별로", "아무")
        ):
            return False
    return False
