"""Standard Korean pronunciation (표준 발음법) as Hangul that is read letter by letter: 같이 좋아해요 → 가치 조아해요.

It must not know phonemes or voices, nor spell out digits; irregular words come from the lexicon.
"""

from __future__ import annotations

import re

from analysis.hangul import compose, decompose, is_syllable
from persona.korean.lexicon import respell

_TENSE = dict(zip("ㄱㄷㅂㅅㅈ", "ㄲㄸㅃㅆㅉ", strict=True))
_ASPIRATE = dict(zip("ㄱㄷㅂㅈ", "ㅋㅌㅍㅊ", strict=True))
# A tail before ㅎ: what is left of it, and what ㅎ becomes (article 12).
_BEFORE_H = {
    **dict.fromkeys("ㄱㄲㅋㄳ", ("", "ㅋ")), "ㄺ": ("ㄹ", "ㅋ"),
    **dict.fromkeys("ㄷㅅㅆㅊㅌ", ("", "ㅌ")), "ㅈ": ("", "ㅊ"), "ㄵ": ("ㄴ", "ㅊ"),
    **dict.fromkeys("ㅂㅍㅄ", ("", "ㅍ")), "ㄼ": ("ㄹ", "ㅍ"),
}  # fmt: skip
# A cluster before a vowel: its first part stays, its second moves over (article 14: ㅅ of a cluster is tense).
_CLUSTER = {
    "ㄳ": ("ㄱ", "ㅆ"), "ㄵ": ("ㄴ", "ㅈ"), "ㄺ": ("ㄹ", "ㄱ"), "ㄻ": ("ㄹ", "ㅁ"), "ㄼ": ("ㄹ", "ㅂ"), "ㄽ": ("ㄹ",
    "ㅆ"),
    "ㄾ": ("ㄹ", "ㅌ"), "ㄿ": ("ㄹ", "ㅍ"), "ㅄ": ("ㅂ", "ㅆ"), "ㄶ": ("", "ㄴ"), "ㅀ": ("", "ㄹ"), "ㅎ": ("", "ㅇ"),
}  # fmt: skip
_H_TAILS = {"ㅎ": "", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}
# Articles 8–11: only seven tails are heard.
_NEUTRAL = {
    **dict.fromkeys("ㄲㅋㄳㄺ", "ㄱ"), **dict.fromkeys("ㅅㅆㅈㅊㅌㅎ", "ㄷ"), **dict.fromkeys("ㅍㅄㄿ", "ㅂ"),
    **dict.fromkeys("ㄵㄶ", "ㄴ"), **dict.fromkeys("ㄼㄽㄾㅀ", "ㄹ"), "ㄻ": "ㅁ",
}  # fmt: skip
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}

_WITH_L = "".join(chr(code) for code in range(ord("갈"), ord("힣") + 1, 28))  # every syllable with the tail ㄹ
# Stems that end in ㄹ themselves: 알지, 길게 are no futures and stay lax.
_L_STEMS = "알|살|놀|울|들|열|팔|걸|길|멀|달|말|불|풀|밀|빌|돌|굴|졸|얼|털|널|만들|힘들|둥글|가늘|거칠|줄|늘|물"
# Article 27: after the adnominal ㄹ the next word's lax lead is tense. The endings say which word it is.
_AFTER_FUTURE = (
    (r"거(?=예요|에요|야|죠|지|니|고|라|면|든|란|래|같| 같|잖|\b)", "꺼"), (r"것", "껏"), (r"건(?=가|데|지|\b)", "껀"),
    (r"걸", "껄"),
    (r"게(?=\b)", "께"), (r"수(?=[가는도]\b|밖에|\s?[있없])", "쑤"), (r"데(?=가|는|도|\b)", "떼"),
    (r"줄(?=[은도]?\s?[알몰])", "쭐"),
    (r"듯", "뜻"), (r"적(?=[이은도]?\s?[있없])", "쩍"), (r"바(?=[를에]\b)", "빠"), (r"곳", "꼿"), (r"지(?=도|\b)",
    "찌"),
    (r"사람(?=[이은도을]?\b)", "싸람"), (r"생각", "쌩각"), (r"정도", "쩡도"), (r"준비", "쭌비"), (r"시간", "씨간"),
)  # fmt: skip
_FUTURE = tuple(
    # People also write 할거예요 without the space.
    (re.compile(rf"(?<=[{_WITH_L}])( {'?' if word.startswith('거') else ''}){word}"), rf"\1{tense}")
    for word, tense in _AFTER_FUTURE
)
_ENDINGS = (
    (re.compile(rf"(?<=[{_WITH_L}])게(?=요\b)"), "께"),
    (re.compile(rf"(?<=[{_WITH_L}])(?<!{')(?<!'.join(_L_STEMS.split('|'))})게(?=\b)"), "께"),
    (re.compile(rf"(?<=[{_WITH_L}])(?<!{')(?<!'.join(_L_STEMS.split('|'))})지(?=도?\b|요\b|는\b|가\b)"), "찌"),
    (re.compile(rf"(?<=[{_WITH_L}])수록"), "쑤록"),
    (re.compile(rf"(?<=[{_WITH_L}])걸(?=요?\b)"), "껄"),
)
# ㄴ put in between words said in one breath (article 29).
_SPOKEN_TOGETHER = (
    (re.compile(r"(?<=[할볼한무슨운던큰] )일(?=[이은을도에로인없있]?\b|이|입|있)"), "닐"),
    (re.compile(r"(?<=[옷잘]) ?입(?=[다고는으어었을])"), " 닙"),
    (re.compile(r"(?<=못) ?(이|읽|입|잊)(?=[가-힣])"), lambda match: " " + _with_n(match[1])),
    (
        re.compile(r"(?<=열|덟) (?=[시살개번장잔권대달]\b|시에|시간|개월|번째)(.)"),
        lambda match: " " + _tensed(match[1]),
    ),
)
# 의: the particle is said 에, inside a word 이 (article 5). These words end in it without the particle.
_ENDS_IN_UI = re.compile(
    "(회의|주의|강의|합의|동의|거의|논의|정의|문의|건의|예의|편의|유의|악의|호의|성의|창의|모의|협의|심의|결의|고의|본의|상의|하의|질의|항의|열의|"
    "적의|진의|사의|제의|토의|명의|경의)$"
)


def pronounce(text: str) -> str:
    """`text` (Hangul, spaces, punctuation) as it is said. Spaces stay and sounds link across them."""
    text = respell(_mark_particles(text))
    for rules in (_SPOKEN_TOGETHER, _FUTURE, _ENDINGS):
        for pattern, spoken in rules:
            text = pattern.sub(spoken, text)
    return _link(text)


def _mark_particles(text: str) -> str:
    def spoken(match: re.Match[str]) -> str:
        return match[0] if _ENDS_IN_UI.search(match[0]) else match[0][:-1] + "에"

    return re.sub(r"[가-힣]+의(?=[\s,.?!…]|$)", spoken, text)


def _with_n(char: str) -> str:
    _, vowel, tail = decompose(char)
    return compose("ㄴ", vowel, tail)


def _tensed(char: str) -> str:
    lead, vowel, tail = decompose(char)
    return compose(_TENSE.get(lead, lead), vowel, tail)


def _link(text: str) -> str:
    spoken: list[str] = []
    lead = vowel = tail = ""
    for index, char in enumerate(text):
        if not is_syllable(char):
            spoken.append(char)
            continue
        written_lead, vowel, tail = decompose(char)
        lead = lead or written_lead  # changed by the syllable before, if it met one
        initial = index == 0 or not is_syllable(text[index - 1])
        after = text[index + 1 : index + 3].lstrip(" ")[:1]
        next_lead = ""
        if after and is_syllable(after):
            apart = text[index + 1] == " "
            met_lead, met_vowel, _ = decompose(after)
            tail, next_lead = _meet(char, tail, met_lead, met_vowel, apart=apart)
        else:
            tail = _NEUTRAL.get(tail, tail)
        spoken.append(compose(lead, _vowel(written_lead, lead, vowel, initial=initial), tail))
        lead = next_lead
    return "".join(spoken)


def _vowel(written_lead: str, lead: str, vowel: str, *, initial: bool) -> str:
    if vowel == "ㅢ" and (written_lead != "ㅇ" or not initial):
        return "ㅣ"
    if vowel == "ㅖ" and lead not in "ㅇㄹㄴ":
        return "ㅔ"
    if vowel == "ㅕ" and lead in "ㅈㅉㅊ":
        return "ㅓ"
    return vowel


def _meet(syllable: str, tail: str, lead: str, vowel: str, *, apart: bool) -> tuple[str, str]:
    """What becomes of `tail` of the written `syllable` and of the `lead` after it; `apart`: a space lies between."""
    if not tail:
        return "", lead
    if apart:
        tail = _NEUTRAL.get(tail, tail)
    if lead == "ㅇ":
        # Across a space a nasal or ㄹ sounds the same on either side; heard back, it is clearer before the space.
        return (tail, lead) if apart and tail in "ㄴㄹㅁ" else _before_vowel(tail, vowel)
    if lead == "ㅎ" and tail in _BEFORE_H:
        rest, spoken = _BEFORE_H[tail]
        return rest, "ㅊ" if tail == "ㄷ" and vowel in "ㅣㅕ" and not apart else spoken
    if tail in _H_TAILS:
        rest = _H_TAILS[tail]
        if lead in _ASPIRATE:
            return rest, _ASPIRATE[lead]
        if lead == "ㅅ":
            return rest, "ㅆ"
        tail = rest or "ㄷ"
    return _between_consonants(syllable, tail, lead, apart=apart)


def _before_vowel(tail: str, vowel: str) -> tuple[str, str]:
    if tail == "ㅇ":
        return "ㅇ", "ㅇ"
    rest, moved = _CLUSTER.get(tail, ("", tail))
    if vowel in "ㅣㅕ" and moved in "ㄷㅌ":  # article 17: 굳이 → 구지, 붙여 → 부처
        moved = "ㅈ" if moved == "ㄷ" else "ㅊ"
    return rest, moved


def _between_consonants(syllable: str, tail: str, lead: str, *, apart: bool) -> tuple[str, str]:
    tenses = tail in "ㄵㄾㄽ" or (tail == "ㄼ" and syllable != "덟") or (tail == "ㄻ" and syllable not in "삶앎")
    if tail == "ㄺ" and lead == "ㄱ" and syllable not in "닭흙칡":  # article 11: 맑게 → 말께
        tail, tenses = "ㄹ", True
    if syllable == "밟":
        tail = "ㅂ"
    tail = _NEUTRAL.get(tail, tail)
    if tail in _NASAL:
        if lead in "ㄴㅁ":
            return _NASAL[tail], lead
        if lead == "ㄹ":
            return _NASAL[tail], "ㄴ"
        return tail, _TENSE.get(lead, lead)
    if lead == "ㄹ" and tail in "ㅁㅇ":
        return tail, "ㄴ"
    if (tail == "ㄹ" and lead == "ㄴ") or (tail == "ㄴ" and lead == "ㄹ" and not apart):
        return "ㄹ", "ㄹ"
    return tail, _TENSE.get(lead, lead) if tenses else lead
