"""What kind of thing a sentence tells: a wish, a plan, something done, a measure of time … Pure.

It must not know what is answered to it; the answers to each frame are data (frames.json).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.korean import Morpheme, morphemes

_NUMBER = r"(?:\d+|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|몇|반)"
_LONG = re.compile(rf"{_NUMBER}\s?년|년\s?(?:넘|정도|쯤|됐)|오래\s?(?:됐|했)")
_SHORT = re.compile(rf"{_NUMBER}\s?(?:개월|달|주|일)\s?(?:정도|쯤|됐|되|밖에|전)|얼마\s?안\s?됐")
_OFTEN = re.compile(
    r"(?:일주일|한\s?달|일\s?년|하루|주)에\s?(?:한|두|세|서너|네|\d)|^(?:음|아|네)?[\s,.]*(?:거의 )?매일|^매주"
)
_YEARS = re.compile(rf"^(?:이제|올해|벌써|네|음)?\s?{_NUMBER}\s?살(?:이에요|이야|입니다|이요|정도|쯤|이고)?[.!]?$")
_ALONE = re.compile(r"^(?:네|아니요|음|그냥|거의)?[\s,.]*혼자(?:서)?(?:\s|요|$)")
_TOGETHER = re.compile(r"(?:친구|동료|가족|동생|언니|오빠|누나|남편|아내|다)들?이?랑 (?:같이|함께)|^(?:네\s?)?같이\s")
_PLEASED = ("좋아하", "즐기", "사랑하", "재밌", "재미있", "좋", "맛있", "멋지", "예쁘", "신나")
_BECAUSE = ("어서", "아서", "니까", "으니까", "느라", "길래")
_DENIALS = ("안", "못", "별로")
_LIKING = ("좋아하", "즐기", "사랑하", "빠지", "재밌", "재미있")


def frame_of(sentence: str) -> str:
    """ "" or one of frames.json: long, short, often, years, pity, wish, plan, resolve, cannot, because, like, enjoyed,
    past, being, now, piece."""
    text = sentence.strip()
    if measured := _measure(text):
        return measured
    tokens = [token for token in morphemes(text) if not token.tag.startswith("S") or token.tag in ("SL", "SN")]
    while tokens and tokens[-1].form == "요":
        tokens.pop()
    predicates = [token for token in tokens if token.is_predicate]
    if not predicates:
        return "piece" if tokens and len(text) <= 20 else ""
    wishing = next((at for at, token in enumerate(tokens) if token.form == "싶" and token.tag == "VX"), -1)
    if wishing >= 0:
        rest = tokens[wishing + 1 :]
        return "pity" if any(token.form in ("ᆫ데", "은데", "는데", "지만", "었") for token in rest) else "wish"
    if re.search(r"면 좋겠", text):
        return "wish"
    return _by_ending(text, tokens) or _by_predicate(tokens, predicates[-1])


def _measure(text: str) -> str:
    if len(text) > 24:
        return ""
    if len(text) < 16 and _ALONE.search(text):
        return "alone"
    if len(text) < 16 and _TOGETHER.search(text):
        return "together"
    if _YEARS.match(text):
        return "years"
    return "often" if _OFTEN.search(text) else "long" if _LONG.search(text) else "short" if _SHORT.search(text) else ""


def _by_ending(text: str, tokens: Sequence[Morpheme]) -> str:
    last = tokens[-1]
    if re.search(
        r"[을ㄹ할갈볼될살올줄먹]\s?(?:거(?!의|기|나|든)|것|예정|계획|생각)|려고|기로\s?(?:했|하)", text
    ) or any(token.form in ("려고", "으려고", "기로") for token in tokens):
        return "plan"
    if last.form in ("ᆯ게", "을게", "ᆯ게요", "을게요") or any(token.form == "겠" for token in tokens[-3:]):
        return (
            "resolve" if any(token.form in ("어야", "아야", "어야지") or token.form == "보" for token in tokens) else ""
        )
    if re.search(r"[볼갈할까]까 (?:봐|해|생각|싶)", text):
        return "resolve"
    if (last.tag in ("EC", "EF") and last.form in _BECAUSE) or "때문" in text:
        return "because"
    return ""


def _by_predicate(tokens: Sequence[Morpheme], predicate: Morpheme) -> str:
    denied = any(token.form in _DENIALS and token.tag == "MAG" for token in tokens)
    denied = denied or any(token.form in ("않", "못하", "싫", "싫어하") for token in tokens[-5:])
    others = [tokens[at - 1] for at, token in enumerate(tokens) if at and token.tag == "JKS"]
    if denied and all(subject.tag == "NP" for subject in others):  # "애들이 말을 안 들어요" is not about oneself
        return "cannot"
    if any(token.tag == "EP" and token.form in ("었", "았", "였") for token in tokens[-3:]):
        liked = any(token.form in _PLEASED for token in tokens[-4:])
        return "enjoyed" if liked else "past"
    if predicate.form in _LIKING or predicate.form == "좋":
        return "like"
    if predicate.tag in ("VCP", "VCN"):
        return "being"
    return "now"
