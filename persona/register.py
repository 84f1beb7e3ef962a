"""Turns a sentence from one speech level into another by its morphemes: 존댓말 → 반말 and back. Pure.

It must not know whose sentence it is or which level is due.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial

from analysis.hangul import final_consonant
from analysis.korean import Morpheme, join, morphemes
from persona.tables import table
from persona.types import SpeechLevel

Parts = list[tuple[str, str]]  # (form, tag), as analysis.korean.join takes them

# (the word as written, its morphemes, whether it closes a clause) → the word rewritten, or None to keep it
_WordRule = Callable[[str, list[Morpheme], bool], str | None]

_TABLES = table("register")
_CASUAL: dict[str, str] = _TABLES["casual"]  # final endings, 존댓말 → 반말
_COPULA_CASUAL: dict[str, str] = _TABLES["casual_after_copula"]  # the same after 이다 and 아니다; others become 야
_POLITE: dict[str, str] = _TABLES["polite"]  # final endings, 반말 → 해요체
_PLAIN_STEM: dict[str, str] = _TABLES["plain_stems"]  # honorific or humble verbs → their everyday twin
_PLAIN_NOUN: dict[str, str] = _TABLES["plain_nouns"]
_SET_PHRASES: dict[str, str] = _TABLES["set_phrases"]  # whole words that do not follow the rules


@lru_cache(maxsize=8192)
def to_casual(text: str) -> str:
    """`text` in 반말 (해체); what cannot be turned stays as it is."""
    return _rewrite(text, _casual_word)


@lru_cache(maxsize=8192)
def to_polite(text: str) -> str:
    """`text` in 해요체; what cannot be turned stays as it is."""
    return _rewrite(text, _polite_word)


@lru_cache(maxsize=8192)
def to_formal(text: str) -> str:
    """`text`, in 해요체, in 하십시오체 where that is natural; 네요, 군요, 죠 and the like stay, as people mix them."""
    pieces = re.split(r"(?<=[.?!…~])(?=\s)", text)
    written = "".join(
        piece if _KEPT.search(piece) else _rewrite(piece, partial(_formal_word, piece.rstrip().endswith("?")))
        for piece in pieces
    )
    for joined, spoken in _RUN_TOGETHER:
        written = written.replace(joined, spoken)
    return written


def to_level(text: str, level: SpeechLevel) -> str:
    """`text`, whose level is another one, at `level`. 하십시오체 is answered with 해요체: both are 존댓말."""
    return to_casual(text) if level in ("해체", "해라체") else to_polite(text)


def _rewrite(text: str, rewrite: _WordRule) -> str:
    """Rebuild only the words (어절) whose morphemes change; everything between them is kept letter by letter."""
    words: dict[int, list[Morpheme]] = {}
    for morpheme in morphemes(text):
        words.setdefault(morpheme.word, []).append(morpheme)
    pieces, position = [], 0
    ordered = list(words.values())
    for index, word in enumerate(ordered):
        core = list(word)
        while core and _is_sign(core[-1]):
            core.pop()
        inner = [place for place, morpheme in enumerate(core) if _is_sign(morpheme)]
        core = core[inner[-1] + 1 :] if inner else core  # '결'이에요: what follows the quotation
        if not core:
            continue
        start, end = core[0].start, core[-1].end
        closes = index + 1 == len(ordered) or _is_sign(word[-1])
        new = rewrite(text[start:end], core, closes)
        if new is not None:
            pieces += [text[position:start], new]
            position = end
    return "".join(pieces) + text[position:]


def _is_sign(morpheme: Morpheme) -> bool:
    return morpheme.tag.startswith("S") and morpheme.tag not in ("SL", "SN")


def _casual_word(surface: str, word: list[Morpheme], closes: bool) -> str | None:
    if surface in _SET_PHRASES:
        return _SET_PHRASES[surface]
    if surface.endswith("게요"):
        return surface[:-1]  # Kiwi reads some of these as 것이
    if surface.endswith(("이에요", "예요")) and word[0].tag != "NP":
        return re.sub("에요$|예요$", "야", surface)  # names too, which Kiwi may cut elsewhere (이서아예/요)
    parts: Parts = []
    changed = False
    for index, morpheme in enumerate(word):
        form, tag = morpheme.form, morpheme.exact
        after_copula = index > 0 and word[index - 1].tag in ("VCP", "VCN")
        if tag == "EP" and form in ("시", "으시"):
            changed = True
            continue
        if form in ("요", "이요") and tag in ("JX", "EF", "EC", "IC"):
            new = "" if parts else form
        elif morpheme.tag in ("EF", "EC"):
            new = (_COPULA_CASUAL if after_copula else _CASUAL).get(form, form)
            if new == "어" and index > 1 and word[index - 1].form == "겠" and word[index - 2].tag == "EP":
                new = "다"  # 힘드셨겠어요 → 힘들었겠다
            if new == form and form.endswith("요") and len(form) > 1:
                new = form[:-1]  # 남지만요, 아니고요: 요 only lifts the level
            if after_copula and form in _CASUAL and new in (form, form[:-1]):
                new = "야"
        elif morpheme.tag in ("VV", "VA", "VX"):
            new = _PLAIN_STEM.get(form, form)
            tag = morpheme.tag if new != form else tag
        elif tag == "NP":
            new = {"저": "나", "제": "내", "저희": "우리"}.get(form, form)
        elif tag == "MM" and form == "저" and len(word) == 1:
            new = "나"
        elif tag in ("NNG", "NP"):
            new = _PLAIN_NOUN.get(form, form)
        elif tag == "IC" and closes:
            new = {"네": "응", "예": "응", "네네": "응응", "아니요": "아니", "아뇨": "아니", "저기요": "있잖아"}.get(
                form, form
            )
        else:
            new = form
        changed |= new != form
        if new:
            parts.append((new, tag))
    if not changed or not parts:
        lifted = closes and len(surface) > 1 and surface[-1] in "요죠"  # 언젠가는요: whatever Kiwi took it for
        return surface[:-1] + {"요": "", "죠": "지"}[surface[-1]] if lifted else None
    new = _written(parts)
    return new.replace("지않아", "잖아") if "잖" in surface else new


_RUN_TOGETHER = (("거입니", "겁니"), ("뭡니", "무엇입니"), ("어딥니", "어디입니"), ("누굽니", "누구입니"))
_KEPT = re.compile(r"우리 |또 |같이 |다음에|까 봐")  # "우리 천천히 얘기해요" proposes; -ㅂ시다 would be too much
_ORDERING = ("주", "보", "말", "들어가", "쉬", "계시", "지내", "하")
_PLAIN_POLITE = ("어요", "아요", "에요", "예요")


def _formal_word(asking: bool, surface: str, word: list[Morpheme], closes: bool) -> str | None:
    if not closes:
        return None
    if surface.endswith(("게요", "을래요")) and not asking and word[0].tag in ("VV", "VX", "VA", "XR", "NNG", "MAG"):
        stem = [(m.form, m.exact) for m in word if m.tag not in ("EF", "EC", "JX")]
        return _written([*stem, ("겠", "EP"), ("습니다", "EF")]) if word[-1].form in ("ᆯ게요", "을게요") else None
    last = word[-1]
    if last.tag != "EF" or len(word) < 2:
        return None
    parts: Parts = [(m.form, m.exact) for m in word[:-1]]
    past = any(m.tag == "EP" and m.form in ("었", "았", "였", "겠") for m in word[-2:])
    if last.form in _PLAIN_POLITE:
        bare = word[-2]
        closed = past or (bool(final_consonant(bare.form)) and not bare.form.endswith("ㄹ"))
        ending = ("습니까" if closed else "ᆸ니까") if asking else ("습니다" if closed else "ᆸ니다")
        return _written([*parts, (ending, "EF")])
    if last.form in ("세요", "으세요", "셔요"):
        order = not asking and word[-2].form in _ORDERING and word[-2].tag in ("VV", "VX", "XSV")
        ending = "ᆸ시오" if order else "ᆸ니까" if asking else "ᆸ니다"
        return _written([*parts, ("시", "EP"), (ending, "EF")])
    if last.form in ("죠",):
        return _written([*parts, ("지요", "EF")])
    return None


def _polite_word(surface: str, word: list[Morpheme], closes: bool) -> str | None:
    if surface in ("안녕", "반가워") and closes:
        return {"안녕": "안녕하세요", "반가워": "반가워요"}[surface]
    parts: Parts = []
    changed = False
    for index, morpheme in enumerate(word):
        form, tag, last = morpheme.form, morpheme.exact, index == len(word) - 1
        new = form
        if last and closes and morpheme.tag in ("EF", "EC") and form in _POLITE:
            new, tag = _POLITE[form], "EF"
            if new == "예요" and index and word[index - 1].tag == "VCP":
                before = word[index - 2].form if index > 1 else ""
                new = "에요" if final_consonant(before) else "예요"
            elif form in ("다", "라", "니", "냐") and index and word[index - 1].tag == "VCP":
                new = "에요" if index > 1 and final_consonant(word[index - 2].form) else "예요"
        elif tag == "NP":
            new = {"나": "저", "내": "제", "너": "그쪽", "네": "그쪽", "니": "그쪽"}.get(form, form)
        elif tag == "IC" and closes:
            new = {"응": "네", "어": "네", "아니": "아니요"}.get(form, form)
        changed |= new != form
        parts.append((new, tag))
    return _written(parts) if changed else None


def _written(parts: Parts) -> str:
    # 나+가 and 저+가 are irregular words, not endings.
    forms = [form for form, _ in parts]
    for pronoun, subject in (("나", "내"), ("저", "제"), ("너", "네")):
        if forms[:2] == [pronoun, "가"] and parts[0][1] == "NP":
            return subject + "가" + (join(parts[2:]).replace(" ", "") if parts[2:] else "")
    text = join(parts).replace(" ", "")
    # Kiwi keeps 이 after Latin letters: "ENFP이야" → "ENFP야".
    return re.sub(r"(?<=[A-Za-z])이(?=야$|잖아$|지$)", "", text) if not final_consonant(forms[0]) else text
