"""Grapheme to phoneme: written Korean to the IPA symbols Kokoro was trained on.

It must not know the model; characters outside its vocabulary are the adapter's to drop.
"""

from __future__ import annotations

from analysis.hangul import decompose, is_syllable
from analysis.numerals import spell_out
from persona.korean.pronunciation import pronounce

# ㅐ is ㅔ, as nearly everybody in Seoul says it today (and Whisper heard fewer errors: .162 against .270).
_VOWELS = {
    "ㅏ": "a", "ㅐ": "e", "ㅑ": "ja", "ㅒ": "je", "ㅓ": "ʌ", "ㅔ": "e", "ㅕ": "jʌ", "ㅖ": "je", "ㅗ": "o", "ㅘ": "wa",
    "ㅙ": "we",
    "ㅚ": "we", "ㅛ": "jo", "ㅜ": "u", "ㅝ": "wʌ", "ㅞ": "we", "ㅟ": "wi", "ㅠ": "ju", "ㅡ": "ɯ", "ㅢ": "ɯi", "ㅣ": "i",
}  # fmt: skip
_LEADS = {
    "ㄱ": "k", "ㄲ": "k", "ㄴ": "n", "ㄷ": "t", "ㄸ": "t", "ㄹ": "ɾ", "ㅁ": "m", "ㅂ": "p", "ㅃ": "p", "ㅅ": "s",
    "ㅆ": "ss",
    "ㅇ": "", "ㅈ": "ʨ", "ㅉ": "ʨ", "ㅊ": "ʨʰ", "ㅋ": "kʰ", "ㅌ": "tʰ", "ㅍ": "pʰ", "ㅎ": "h",
}  # fmt: skip
_VOICED = {"ㄱ": "ɡ", "ㄷ": "d", "ㅂ": "b", "ㅈ": "ʥ"}
_TAILS = {"": "", "ㄱ": "k", "ㄴ": "n", "ㄷ": "t", "ㄹ": "l", "ㅁ": "m", "ㅂ": "p", "ㅇ": "ŋ"}


def phonemes(text: str) -> str:
    """IPA of written Korean, punctuation kept; "" when nothing in it can be spoken."""
    return to_ipa(pronounce(spell_out(text)))


def to_ipa(spoken: str) -> str:
    """IPA of Hangul that is already spelled as it is pronounced."""
    ipa: list[str] = []
    before = ""  # the sound before this one: a tail, "ㅏ" for any vowel, "" after a pause
    for char in spoken:
        if not is_syllable(char):
            ipa.append(char)
            before = before if char == " " else ""
            continue
        lead, vowel, tail = decompose(char)
        ipa.append(_lead(lead, vowel, before) + _VOWELS[vowel] + _TAILS[tail])
        before = tail or "ㅏ"
    return "".join(ipa)


def _lead(lead: str, vowel: str, before: str) -> str:
    if lead in _VOICED and before and before in "ㅏㄴㅁㅇㄹ":
        return _VOICED[lead]
    if lead == "ㄹ" and before == "ㄹ":
        return "l"
    if lead in "ㅅㅆ" and vowel in "ㅣㅑㅕㅛㅠㅖㅒㅟ":
        return "ɕ"
    return _LEADS[lead]
