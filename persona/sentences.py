"""Cuts streamed text into sentences to speak, and takes out what must not be spoken. Pure.

It must not know who writes the text or which voice reads it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from analysis.hangul import is_syllable, syllables

FIRST_CLAUSE = 12  # syllables after which the first chunk may already break at a comma
LONGEST = 60  # syllables after which a chunk is forced out at a space

# An end counts only before a space: "3.5" and a link keep their dots.
_END = re.compile(r"[.?!…~。？！]+[\"'”’』」)\]*]*(?=\s)|\n+")
_NUMBERED = re.compile(r"(?:^|[\s.])\d+\.$")  # "1. 떡볶이", "2026. 11. 22."
# "음... 그건요" is one breath: a hesitation alone is no sentence.
_HESITATION = re.compile(r"^\W*(?:음+|어+|아+|그+|저+|글쎄요?|뭐|흠+|에이|저기)(?:\.{2,}|…+|~+)$")
# "노래방은... 손뼉만 쳐요": dots end a sentence only after an ending that can.
_TRAILING = re.compile(r"[^요다죠까네\s.…](?:\.{2,}|…+)$")
_COMMA = re.compile(r"[,，、;:](?=\s)")
_OPENING, _CLOSING = "\"'“‘「『", "\"'”’」』"
_PAIRS = {"(": ")", "[": "]", "“": "”", "‘": "’", "「": "」", "『": "』"}


class SentenceSplitter:
    """Feed it text as it comes; it gives back whole sentences, the first one as early as can be."""

    def __init__(self, early: bool = True) -> None:
        """`early`: the first chunk may already break at a comma, so that she can begin to speak."""
        self._held = ""
        self._first = self._early = early

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` completed (an end is sure only once the space after it is there)."""
        self._held += text
        found: list[str] = []
        while (cut := self._cut()) is not None:
            sentence = self._held[:cut].strip()
            self._held = self._held[cut:].lstrip()
            if sentence:
                found.append(sentence)
                self._first = False
        return found

    def flush(self) -> list[str]:
        """What is left when the text is over."""
        found = self.feed(" ")
        rest, self._held, self._first = self._held.strip(), "", self._early
        return [*found, rest] if rest else found

    def _cut(self) -> int | None:
        text = self._held
        for end in _END.finditer(text):
            before = text[: end.end()]
            if "\n" in end.group() and before.count("```") % 2 == 0:
                return end.end()
            if end.group()[-1] in _CLOSING and before.lstrip()[0] not in _OPENING:
                continue  # 엄마가 "밥 먹어." 하셨어요: the quotation is only a part
            if (
                _TRAILING.search(before)
                or _NUMBERED.search(before)
                or _HESITATION.match(before.strip())
                or _open(before)
            ):
                continue
            return min(end.end(), self._forced(text[: end.end()]) or end.end())
        if self._first:
            for comma in _COMMA.finditer(text):
                if syllables(text[: comma.start()]) >= FIRST_CLAUSE and not _open(text[: comma.end()]):
                    return comma.end()
        return self._forced(text)

    @staticmethod
    def _forced(text: str) -> int | None:
        """Where to cut a text of more than LONGEST syllables: its last comma, else its last space, else hard."""
        if syllables(text) <= LONGEST:
            # Without Hangul (another language, an endless URL) length still has an end.
            return None if len(text) <= 6 * LONGEST else 6 * LONGEST
        head = text[: _beyond(text, LONGEST)]
        commas = [comma.end() for comma in _COMMA.finditer(head) if syllables(head[: comma.end()]) >= FIRST_CLAUSE]
        return commas[-1] if commas else head.rfind(" ") + 1 or len(head)


def _beyond(text: str, most: int) -> int:
    """The index of the syllable that is one too many."""
    places = [index for index, char in enumerate(text) if is_syllable(char)]
    return places[most]


def split(text: str) -> list[str]:
    """All sentences of a whole text (none is broken at a comma)."""
    return list(_split(text))


@lru_cache(maxsize=4096)  # a brain reads a call's history again for every reply
def _split(text: str) -> tuple[str, ...]:
    splitter = SentenceSplitter(early=False)
    return (*splitter.feed(text), *splitter.flush())


def _open(text: str) -> bool:
    """Whether a quotation, a bracket or a stage direction begun in `text` is still open."""
    waiting: list[str] = []
    for char in text:
        if waiting and char == waiting[-1]:
            waiting.pop()
        elif char in _PAIRS:
            waiting.append(_PAIRS[char])
    odd = text.count('"') % 2 == 1 or text.count("```") % 2 == 1
    return bool(waiting) or odd or text.replace("**", "").count("*") % 2 == 1


_UNSPOKEN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"```[\s\S]*?(?:```|\Z)", " "),  # code
        (r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1"),  # a link keeps its text
        (r"https?://\S+|www\.\S+", " "),
        (r"</?[a-zA-Z][^>\n]*>", " "),  # tags
        (r"\*\*(.+?)\*\*|__(.+?)__|`([^`\n]*)`", r"\1\2\3"),  # emphasis keeps its words
        (r"\*[^*\n]+\*", " "),  # *smiles*
        (r"[(（][^()（）\n]*[)）]|\[[^\[\]\n]*\]|【[^】\n]*】", " "),  # (웃음)
        (r"^\s*(?:[-*•·]|\d+[.)]|#{1,6}|>)\s+", ""),  # lists, headings, quotations
        (r"^\s*(?:assistant|user|system|AI|페르소나)\s*[:：]\s*", ""),
        # Emoji, dingbats, arrows, variation selectors, joiners; and lone jamo (ㅋㅋ, ㅠㅠ), which no voice can read.
        (r"[\U0001F000-\U0001FAFF\u2190-\u21FF\u2300-\u23FF\u2460-\u27BF\u2900-\u2BFF\uFE0F\u200D\u20E3]", " "),
        (r"[ㄱ-ㅎㅏ-ㅣ]{1,}|\^\^;*|:\)|:D|;\)", " "),
        (r"[*_`#|<>\\{}=^]+", " "),
    )
)


def speakable(text: str) -> str:
    """`text` without markdown, emoji, stage directions and links; "" when nothing is left to say."""
    for pattern, replacement in _UNSPOKEN:
        text = pattern.sub(replacement, text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([.,?!…~])", r"\1", text).strip()
    text = re.sub(r"^[.,\s]+(?=\w)", "", text)
    return text if any(char.isalnum() for char in text) else ""
