"""What a recogniser writes where nobody spoke: loops, and the closing words of the videos it was trained on.

Pure text and numbers; it must not know which recogniser wrote it.
"""

from __future__ import annotations

import re

WEAK_CONFIDENCE = 0.75  # mean token probability under which a stock phrase is taken for an invention
NO_CONFIDENCE = 0.25  # … under which, with a probable absence of speech, any text is

# Whole utterances, spaces and punctuation removed, that Korean Whisper models are known to invent in noise.
_STOCK = re.compile(
    r"(?:오늘도|끝까지)?시청해?주셔서(?:정말|대단히)?(?:감사합니다|감사드립니다|고맙습니다)|(?:시청)?감사합니다시청.*"
    r"|(?:구독|좋아요|알림설정|[과와도꼭]|그리고|많이|많은)*(?:구독|좋아요|알림설정)(?:을|를)?(?:한번)?(?:꼭)?"
    r"(?:눌러주세요|부탁드려요|부탁드립니다|해주세요)"
    r"|.*(?:MBC|KBS|SBS|YTN|JTBC)뉴스.{0,12}|뉴스.{0,8}입니다|이시각세계였습니다|지금까지.{0,12}였습니다|날씨였습니다"
    r"|다음(?:영상|시간)에서?(?:또)?(?:만나요|뵙겠습니다|뵐게요|봬요)|영상편집및.*|(?:한글|한국어)?자막(?:제공|제작|by).*"
    r"|이영상은.{0,20}포함(?:하고|되어)있습니다",
    re.IGNORECASE,
)
_NOT_TEXT = re.compile(r"[^0-9A-Za-z가-힣ㄱ-ㅎㅏ-ㅣ]")
# A tail made of one piece again and again, its last repetition perhaps cut: long pieces twice, short ones often.
_LONG_LOOP = re.compile(r"(?P<piece>.{8,}?)(?:\s*(?P=piece)){1,}(?P<rest>.*)$", re.DOTALL)
_SHORT_LOOP = re.compile(r"(?P<piece>.{1,7}?)(?:\s*(?P=piece)){5,}(?P<rest>.*)$", re.DOTALL)


def without_loops(text: str) -> str:
    """`text` with an endless repetition at its end cut down: a sentence said once, a laugh three times."""
    if (loop := _SHORT_LOOP.search(text)) and _repeats(loop):
        return (text[: loop.start()] + loop["piece"] * 3).strip()
    if (loop := _LONG_LOOP.search(text)) and _repeats(loop):
        return text[: loop.end("piece")].strip()
    return text


def is_invention(text: str, confidence: float, no_speech: float) -> bool:
    """Whether the recogniser wrote `text` though there was (probably) nothing to recognise.

    `confidence` is its mean token probability, `no_speech` its probability that there was no speech, both 0–1.
    """
    plain = _NOT_TEXT.sub("", text)
    if not plain:
        return True
    if confidence < NO_CONFIDENCE and no_speech > 0.6:
        return True
    return bool(_STOCK.fullmatch(plain)) and (confidence < WEAK_CONFIDENCE or no_speech > 0.2)


def _repeats(loop: re.Match[str]) -> bool:
    """Whether what follows the repetitions is only the beginning of one more (the recogniser was cut off)."""
    rest = loop["rest"].strip().rstrip("\ufffd")
    return loop["piece"].strip().startswith(rest)
