"""Which speech level a Korean utterance is in: 하십시오체, 해요체, 해체 or 해라체, by its final endings. Pure.

It must not know who speaks to whom or which level would be right. The rules are those of our metrics (held-out
accuracy on SmileStyle .99): the last final ending decides; a connective at the end is weak 반말 and loses to any other.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from analysis.korean import Morpheme, morphemes

Level = Literal["하십시오체", "해요체", "해체", "해라체", "unknown"]

_FORMAL = re.compile(r"(?:습니다|ᆸ니다|니다|습니까|ᆸ니까|니까|십시오|십시요|ᆸ시다|읍시다|시지요|올시다|나이다)만?$")
_PLAIN = re.compile(
    r"^(?:[ᆫ는]?다|더라|[느으]?냐|으?니|자|[어아여거너]?라|으?마|ᆯ라|려무나|자꾸나|[ᆫ는]?다니까|[ᆫ는]?단다|란다"
    r"|[ᆫ는]?다며|라며|[ᆫ는]?다면서|[냐자라]고)$"
)
_GOES_ON = re.compile(r"(?:데|거든|고|서|면|[으다라]니까)$")  # endings that are as often connectives
_POLITE_WORDS = re.compile(r"^(?:네|예|아니요|아뇨|넵|넹|안녕하세요|여보세요|저기요|그럼요|글쎄요|맞아요)+$")
_CASUAL_WORDS = re.compile(r"^(?:응|어|아니|야|그래|안녕|뭐|왜|글쎄|그치|헐|대박)+$")


@dataclass(frozen=True, slots=True)
class SpeechLevelReading:
    """The level of one utterance; `weak` where only a connective, a fragment or a word speaks for it."""

    level: Level
    weak: bool = False

    @property
    def polite(self) -> bool | None:
        """존댓말? None when nobody can say."""
        return None if self.level == "unknown" else self.level in ("하십시오체", "해요체")


@lru_cache(maxsize=2048)
def speech_level(text: str) -> SpeechLevelReading:
    """The level of an utterance of one or more sentences (strong endings outvote weak ones; the last one wins)."""
    readings = [_sentence(sentence) for sentence in sentences(text)]
    strong = [reading for reading in readings if reading.level != "unknown" and not reading.weak]
    weak = [reading for reading in readings if reading.level != "unknown"]
    return (strong or weak or [SpeechLevelReading("unknown", True)])[-1]


def sentence_levels(text: str) -> list[tuple[str, SpeechLevelReading]]:
    """Each sentence with its level."""
    return [(sentence, _sentence(sentence)) for sentence in sentences(text)]


def sentences(text: str) -> list[str]:
    """Sentences by their signs; what a recogniser wrote without any, by the endings in it."""
    parts = [part for part in re.split(r"(?<=[.?!…~])\s+", text.strip()) if re.search(r"\w", part)]
    return [sentence for part in parts for sentence in _unsigned(part)]


@lru_cache(maxsize=2048)
def _unsigned(part: str) -> tuple[str, ...]:
    """One stretch between signs, cut behind each final ending that a new word follows; a rest without one is no
    sentence of its own ("일어나세요 보통")."""
    cuts = [0]
    tokens = morphemes(part)
    for index, token in enumerate(tokens[:-1]):
        behind = tokens[index + 1]
        if (
            _closes(tokens, index)
            and behind.word != token.word
            and behind.tag != "VX"
            and any(map(_ends, tokens[index + 1 :]))
        ):
            cuts.append(behind.start)
    return tuple(part[a:b].strip() for a, b in itertools.pairwise([*cuts, len(part)]))


def _closes(tokens: tuple[Morpheme, ...], index: int) -> bool:
    """A final ending that cannot go on as a connective: 해요 and 했어, but not the 는데 of 긴장했는데 좋았어요."""
    token = tokens[index]
    if token.tag == "JX" and token.form == "요":
        return index > 0 and tokens[index - 1].tag in ("EF", "EC")
    return token.tag == "EF" and not _GOES_ON.search(token.form)


def _ends(token: Morpheme) -> bool:
    return token.tag == "EF" or (token.tag == "JX" and token.form == "요")


@lru_cache(maxsize=4096)
def _sentence(sentence: str) -> SpeechLevelReading:
    bare = re.sub(r"[^\w\s]", "", sentence).strip()
    word = bare.replace(" ", "")
    if _POLITE_WORDS.match(word):
        return SpeechLevelReading("해요체", weak=True)
    if _CASUAL_WORDS.match(word):
        return SpeechLevelReading("해체", weak=True)
    if not bare:
        return SpeechLevelReading("unknown", True)
    closed = sentence if sentence.rstrip()[-1:] in ".?!" else sentence.rstrip(" ~…^;") + "."
    tokens = [token for token in morphemes(closed) if not token.tag.startswith("S") or token.tag in ("SL", "SN")]
    if not tokens:
        return SpeechLevelReading("unknown", True)
    if _FORMAL.search(word) and not word.endswith(("으니까", "하니까")):
        form = tokens[-1].form
        if (form != "니까" and not form.endswith(("으니까", "다니까", "라니까"))) or word.endswith(
            ("습니까", "읍니까", "ㅂ니까")
        ):
            return SpeechLevelReading("하십시오체")
    return _ending(tokens, word)


def _ending(tokens: list[Morpheme], word: str) -> SpeechLevelReading:
    if tokens[-1].tag == "Z_CODA":  # a consonant hung on for fun: 해용 keeps its 요, 했엉 is slang and no level
        return SpeechLevelReading("해요체" if word.endswith("용") else "unknown")
    last = tokens[-1]
    if last.tag in ("EF", "EC") and _FORMAL.search(last.form) and not re.search(r"(?:^|[으다라])니까$", last.form):
        return SpeechLevelReading("하십시오체")
    if word.endswith(("요", "죠", "용", "여")) and last.tag in ("EF", "EC", "JX", "IC") and last.form[-1] in "요죠용여":
        return SpeechLevelReading("해요체")
    if word.endswith(("요", "죠")):
        return SpeechLevelReading("해요체")
    if last.tag == "EF":
        return SpeechLevelReading("해라체" if _PLAIN.match(last.form) else "해체")
    if last.tag == "EC":
        return SpeechLevelReading(
            "해라체" if last.form in ("니", "냐", "자") else "해체", last.form not in ("니", "냐", "어", "지")
        )
    for token in reversed(tokens[-5:-1]):  # "했어 진짜", "좋다 야": the ending stands before a last word
        if token.tag == "EF":
            if token.form.endswith(("요", "죠")):
                return SpeechLevelReading("해요체")
            if _FORMAL.search(token.form):
                return SpeechLevelReading("하십시오체")
            return SpeechLevelReading("해라체" if _PLAIN.match(token.form) else "해체")
    return SpeechLevelReading("unknown", True)
