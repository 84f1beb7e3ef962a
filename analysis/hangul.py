"""Hangul as sound: jamo, final consonants, particles, likeness of two words. Pure.

It must not know morphology, models or what a text is for.
"""

from __future__ import annotations

from functools import lru_cache

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

_FIRST, _LAST = 0xAC00, 0xD7A3
# How a digit or a Latin letter ends when read aloud in Korean (영 일 이 삼 …; 엘 엠 엔 알).
_READ_FINAL = {
    "0": "ㅇ",
    "1": "ㄹ",
    "3": "ㅁ",
    "6": "ㄱ",
    "7": "ㄹ",
    "8": "ㄹ",
    "l": "ㄹ",
    "m": "ㅁ",
    "n": "ㄴ",
    "r": "ㄹ",
}

# Written with either half in a template; the first stands after a final consonant.
_PARTICLES = {
    pair: (after_consonant, after_vowel)
    for after_consonant, after_vowel in (
        ("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("아", "야"), ("이에요", "예요"), ("이라", "라"),
        ("이랑", "랑"), ("이나", "나"), ("이요", "요"), ("이야", "야"), ("으로", "로"), ("이고", "고"), ("이네", "네"),
        ("이군요", "군요"), ("이구나", "구나"), ("이시구나", "시구나"), ("이면", "면"), ("이라고", "라고"),
        ("이든", "든"), ("이라면", "라면"), ("이죠", "죠"), ("이지", "지"), ("이었", "였"), ("이라서", "라서"),
        ("이랑은", "랑은"), ("이시면", "시면"), ("이라니", "라니"), ("이잖아요", "잖아요"),
        ("이시군요", "시군요"), ("이셨", "셨"), ("이시", "시"), ("이세요", "세요"), ("입니다", "입니다"),
    )
    for pair in (after_consonant, after_vowel)
}  # fmt: skip


def is_syllable(char: str) -> bool:
    """Whether `char` is a whole Hangul syllable block."""
    return len(char) == 1 and _FIRST <= ord(char) <= _LAST


def syllables(text: str) -> int:
    """Number of Hangul syllable blocks in `text` (digits and Latin are not counted)."""
    return sum(_FIRST <= ord(char) <= _LAST for char in text)


def decompose(char: str) -> tuple[str, str, str]:
    """Initial, vowel and final ("" if open) of one syllable block. Raises ValueError for anything else."""
    if not is_syllable(char):
        raise ValueError(f"not a Hangul syllable: {char!r}")
    code = ord(char) - _FIRST
    return INITIALS[code // 588], VOWELS[code % 588 // 28], FINALS[code % 28]


def compose(initial: str, vowel: str, final: str = "") -> str:
    """The syllable block of these letters. Raises ValueError for letters that cannot stand there."""
    return chr(_FIRST + (INITIALS.index(initial) * 21 + VOWELS.index(vowel)) * 28 + FINALS.index(final))


def final_consonant(word: str) -> str:
    """The consonant `word` ends with when read aloud, "" after a vowel (or when nobody can say)."""
    for char in reversed(word):
        if is_syllable(char):
            return decompose(char)[2]
        if char.isalnum():
            return _READ_FINAL.get(char.lower(), "")
    return ""


def with_particle(word: str, particle: str) -> str:
    """`word` with the form of `particle` its last sound asks for: ("책", "는") → "책은"."""
    after_consonant, after_vowel = _PARTICLES.get(particle, (particle, particle))
    final = final_consonant(word)
    if final == "ㄹ" and after_consonant == "으로":
        return word + "로"
    return word + (after_consonant if final else after_vowel)


@lru_cache(maxsize=8192)
def jamo(text: str) -> str:
    """`text` letter by letter: "취미" → "ㅊㅟㅁㅣ". Other characters stay as they are."""
    return "".join("".join(decompose(char)) if is_syllable(char) else char for char in text)


@lru_cache(maxsize=65536)
def likeness(one: str, other: str) -> float:
    """How alike two words sound, 0–1: 1 − edit distance over the jamo ÷ the longer length."""
    a, b = jamo(one), jamo(other)
    if not a or not b:
        return 0.0
    # Words of very different length, or of other letters, are not alike: spare the table.
    longer = max(len(a), len(b))
    if abs(len(a) - len(b)) * 2 > longer or len(set(a) & set(b)) * 3 < longer:
        return 0.0
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return 1.0 - row[-1] / longer
