"""Whether a Korean sentence asks: by its sign, its ending, a question word, the honour it does, its melody.

Pure over morphemes; it must not know turns or scores. Recognisers leave the question mark out often enough, and by its
letters alone 밥 먹었어요 may ask or tell: then it is taken for told unless something speaks for asking.
"""

from __future__ import annotations

import re

from analysis.expressions import OPEN_ENDING, QUESTION_ENDING, QUESTION_WORDS
from analysis.korean import Morpheme, morphemes

RISE = 4.0  # semitones from which an unmarked ending is asked, not said
_ASKING = ("요", "어", "아", "야", "해", "지", "죠", "는데요", "더라")
_AND_YOU = re.compile(r"(?:너|씨|님|그쪽|본인|언니|오빠|형|누나)(?:는|은)요?$")
# A habit, a state, a liking: 고양이 키우세요 asks, while 앉으세요 bids and 건강하세요 wishes.
_STATES = frozenset(
    [
        "좋아하",
        "싫어하",
        "키우",
        "살",
        "다니",
        "알",
        "모르",
        "지내",
        "즐기",
        "있",
        "만",
        "만하",
        "기억나",
        "바쁘",
        "괜찮",
        "피곤",
        "힘들",
        "졸리",
        "배고프",
        "춥",
        "덥",
    ]
)
_WISHES = frozenset(["안녕", "건강", "행복", "고생", "수고", "조심", "감사", "대단"])
_PRAISE = frozenset(["고생", "수고", "잘", "잘하", "많", "대단", "멋있", "멋지", "훌륭"])
_USUALLY = frozenset(["자주", "주로", "보통", "평소", "원래", "아직", "요즘", "요새", "혹시", "지금", "많이"])
_THIRD = re.compile(r"(?:부모|할머|할아버|어머|아버|엄마|아빠|선생|교수|사장|부장|팀장|과장|대리|원장|손)(?:니|지|님)?")


def is_question(sentence: str, final_rise: float | None = None) -> bool:
    """`final_rise`: semitones that the melody rises at the end."""
    if sentence.rstrip(" \"'”’~").endswith("?"):
        return True
    tokens = [token for token in morphemes(sentence) if token.tag[0] != "S" or token.tag == "SL"]
    if not tokens or sentence.rstrip().endswith("!"):
        return False
    if _AND_YOU.search(sentence.rstrip(" .…~")):
        return True
    last = tokens[-1]
    form = last.form if last.tag != "JX" or len(tokens) < 2 else tokens[-2].form + last.form
    if last.tag in ("EF", "JX") and QUESTION_ENDING.search(form):
        return True
    asked = [index for index, token in enumerate(tokens) if _asks(tokens, index)]
    if asked and last.tag in ("EF", "JX") and form.endswith(_ASKING):
        between = tokens[asked[-1] : -1]
        return not any(token.tag == "EC" and token.form.endswith("지") for token in between)
    if _about_you(tokens, sentence):
        return True
    return final_rise is not None and final_rise >= RISE and bool(OPEN_ENDING.search(last.form))


def _asks(tokens: list[Morpheme], index: int) -> bool:
    """A question word that asks: not 뭐든, 언젠가, 누군가, 어디든, nor the 뭐 of 뭐 그냥."""
    behind = tokens[index + 1] if index + 1 < len(tokens) else None
    vague = behind is not None and (
        behind.form in ("ᆫ가", "나", "그냥", "딱히", "별로", "다")
        or "든" in "".join(t.form for t in tokens[index + 1 : index + 3])
    )
    return tokens[index].form in QUESTION_WORDS and not vague


def _about_you(tokens: list[Morpheme], sentence: str) -> bool:
    """An honoured predicate in 해요체 of nobody else: 드셨어요, 키우세요, 사시는 거예요. Who speaks so to somebody's
    face asks, unless it bids (앉으세요), wishes (건강하세요), praises (고생하셨어요) or guesses (힘드셨겠어요)."""
    forms = [token.form for token in tokens]
    if not forms[-1].endswith("요") or "겠" in forms or _THIRD.search(sentence) or "께서" in forms:
        return False
    at = next((i for i in range(len(tokens) - 1, -1, -1) if _honours(tokens[i])), None)
    if at is None or at < len(tokens) - 5:
        return False
    stems = set(forms[max(0, at - 3) : at])
    ending = forms[-1]
    if at == len(tokens) - 1 or (forms[at] in ("시", "으시") and ending in ("어요", "에요") and at == len(tokens) - 2):
        # 세요: the same letters bid and ask
        usual = not stems & {"주", "말"} and bool(stems & _STATES or _USUALLY & set(forms))
        return usual and not stems & _WISHES and "잘" not in forms
    if "었" in forms[at:] and ending == "어요":
        return not stems & _PRAISE and "잘" not in forms
    return "거" in forms[at:] and ending in ("에요", "예요")  # 사시는 거예요


def _honours(token: Morpheme) -> bool:
    return (
        (token.tag == "EP" and token.form in ("시", "으시"))
        or (token.tag == "EF" and token.form in ("세요", "으세요", "셔요", "으셔요"))
        or (token.tag == "VV" and token.form in ("드시", "주무시", "잡수시"))
    )
