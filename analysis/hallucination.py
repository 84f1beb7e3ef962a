"""What a recogniser writes where nobody spoke: loops, and the closing words of the videos it was trained on.

Pure text and numbers; it must not know which recogniser wrote it.
"""

from __future__ import annotations

import re

WEAK_CONFIDENCE = 0.75  # mean token probability under which a stock phrase is taken for an invention
NO_CONFIDENCE = 0.25  # … under which, with a probable absence of speech, any text is

# Whole utterances, spaces and punctuation removed, that Korean Whisper models are known to invent in noise.
_STOCK = re.compile(
    r"(?:시청해?주셔서(?:정말|대단히)?감사(?:합니다|드립니다)|시청(?:해주셔서)?감사합니다|지금까지.{0,12}였습니다"
    r"|(?:구독|좋아요|알림설정|알림|눌러주세요|부탁드(?:려요|립니다)|과|와|도|꼭|한번|많은|그리고|누르고)*구독(?:과|와|도)?좋아요.*"
    r"|.*(?:MBC|KBS|SBS|YTN|JTBC)뉴스.{0,12}|이시각세계였습니다|날씨였습니다|뉴스.{0,8}입니다"
    r"|다음(?:영상|시간)에(?:또)?(?:만나|뵙|봬)(?:요|겠습니다)|.*(?:한글)?자막(?:제공|제작|by).*|영상편집.*"
    r"|이영상은.{0,20}포함(?:하고|되어)있습니다|한국어대화)",
    re.IGNORECASE,
)
_NOT_TEXT = re.compile(r"[^0-9A-Za-z가-힣ㄱ-ㅎㅏ-ㅣ]")
# A tail made of one piece again and again, its last repetition perhaps cut: long pieces twice, short ones often.
_LONG_LOOP = re.compile(r"(?P<piece>.{8,}?)(?:\s*(?P=piece)){1,}(?P<rest>.*)$", re.DOTALL)
_SHORT_LOOP = re.compile(r"(?P<piece>.{1,7}?)(?:\s*(?P=piece)){5,}(?P<rest>.*)$", re.DOTALL)


def without_loops(text: str) -> str:
    """`text` with an endless repetition at its end cut down: a sentence said once, a laugh three times."""
    if (loop := _LONG_LOOP.search(text)) and _repeats(loop):
        return text[: loop.end("piece")].strip()
    if (loop := _SHORT_LOOP.search(text)) and _repeats(loop):
        return (text[: loop.start()] + loop["piece"] * 3).strip()
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
