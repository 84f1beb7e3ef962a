"""Says back what the person just said, as a listener does in Korean: "영화 봤어요" → "영화 보셨군요". Pure.

It must not know the conversation; where a sentence is too tangled it gives nothing rather than something crooked.
"""

from __future__ import annotations

from analysis.hangul import with_particle
from analysis.korean import Morpheme, join, morphemes

_ME = ("저", "나", "제", "내", "저희", "우리")
_HONOURED = {"먹": "드시", "마시": "드시", "자": "주무시"}
_STATES = ("있", "없", "많", "좋", "싫", "아프", "힘들", "편하", "익숙하")  # their subject is not the one honoured
_MOST_WORDS = 4


def mirrored(sentence: str) -> str | None:
    """A clause ending in -군요 about the person (존댓말 honorific inside), or None."""
    tokens = [token for token in morphemes(sentence) if not token.tag.startswith("S") or token.tag in ("SL", "SN")]
    while tokens and tokens[-1].form == "요":
        tokens.pop()
    if len(tokens) < 2 or tokens[-1].tag not in ("EF", "EC"):
        return None
    body = tokens[:-1]
    past = bool(body and body[-1].tag == "EP" and body[-1].form in ("었", "았", "였"))
    if past:
        body = body[:-1]
    if not body or body[-1].tag not in ("VV", "VA", "VX", "VCP", "XSV", "XSA"):
        return None
    stem = body[-1]
    if any(token.form in ("ᆯ까", "을까") for token in body):
        return None
    if any(token.tag in ("NNB", "IC", "MAJ", "NP") and token.form not in _ME for token in body):
        return None
    if stem.tag == "VCP":
        return _copula(body[:-1], past)
    return _verb(body, stem, past)


def _verb(body: list[Morpheme], stem: Morpheme, past: bool) -> str | None:
    kept = [token for token in body if not _about_me(token, body)]
    # Only the last clause: "집에 가서 영화를 봤어요" → "영화를 보셨군요".
    for index in range(len(kept) - 2, -1, -1):
        if kept[index].tag == "EC" and not (index + 1 < len(kept) and kept[index + 1].tag == "VX"):
            kept = kept[index + 1 :]
            break
    first_words = {token.word for token in kept}
    if not 2 <= len(first_words) <= _MOST_WORDS or not any(token.is_noun for token in kept):
        return None
    if any(token.tag in ("ETM", "ETN", "EP") for token in kept[:-1]):
        return None
    other = any(token.tag == "JKS" for token in kept) and stem.form not in _STATES
    parts = [(token.form, token.exact) for token in kept]
    verb = stem.tag in ("VV", "XSV") or (stem.tag == "VX" and stem.form not in ("싶", "않"))
    if other:
        honorific: list[tuple[str, str]] = []
    elif stem.form == "있" and (stem.tag == "VX" or any(token.form == "에" for token in kept)):
        parts[-1], honorific, verb = ("계시", stem.tag), [], True
    elif stem.form in _HONOURED and stem.tag == "VV":
        parts[-1], honorific = (_HONOURED[stem.form], "VV"), []
    else:
        honorific = [("시", "EP")]
    ending = [("었", "EP"), ("군요", "EF")] if past else [("는군요" if verb else "군요", "EF")]
    return _spaced(kept, parts, honorific + ending)


def _copula(body: list[Morpheme], past: bool) -> str | None:
    """ "제 취미는 등산이에요" → "취미가 등산이시군요"; "저는 개발자예요" → "개발자시군요"."""
    if past or not body or not body[-1].is_noun or any(token.tag in ("EC", "EF", "ETM", "EP") for token in body):
        return None
    me = any(token.form in _ME and token.tag in ("NP", "MM") for token in body)
    said = [token for token in body if not _about_me(token, body)]
    what = [token for token in said if token.word == body[-1].word]
    topic = [token for token in said if token.word != body[-1].word]
    if not all(token.is_noun or token.tag in ("XSN", "XPN") for token in what):
        return None
    noun = "".join(token.form for token in what)
    if not topic:
        return with_particle(noun, "이시군요") if me else None
    if topic[-1].tag == "JX" and all(token.is_noun for token in topic[:-1]) and len({t.word for t in topic}) == 1:
        subject = "".join(token.form for token in topic[:-1])
        if subject == "이름" and not me:
            return None  # a cat's, and no cat is spoken of in 존댓말
        return f"{with_particle(subject, '이')} {with_particle(noun, '이시군요')}" if subject else None
    return None


def _about_me(token: Morpheme, body: list[Morpheme]) -> bool:
    """저는, 제가, 나도 … and time words that would only be in the way."""
    return any(other.word == token.word and other.form in _ME and other.tag in ("NP", "MM") for other in body)


def _spaced(kept: list[Morpheme], parts: list[tuple[str, str]], ending: list[tuple[str, str]]) -> str:
    """Join word by word, so that the spaces stay where the person put them."""
    words: list[list[tuple[str, str]]] = []
    word = -1
    for token, part in zip(kept, parts, strict=True):
        if token.word != word:
            words.append([])
            word = token.word
        words[-1].append(part)
    words[-1] += ending
    return " ".join(join(each).replace(" ", "") for each in words)
