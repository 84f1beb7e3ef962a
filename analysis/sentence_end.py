"""Whether Korean words make a whole sentence or want to go on: Korean puts that at the end, in its endings.

Pure text, no morphology (the answer is wanted at once, while somebody waits); it must not know turns or sound.
"""

from __future__ import annotations

import re

from analysis.hangul import FINALS

# Endings that close a sentence in polite or casual speech …
_WHOLE = re.compile(r"(?:요|죠|니다|구나|군|거든|잖아|을까|[을할볼갈]래)$")
# … and answers that are whole by themselves.
_ANSWER = re.compile(
    r"(?:^|\s)(?:네+|넵|넹|예|응+|웅|아니|아뇨|글쎄|맞아|그래|좋아|좋지|그럼|당연하지|진짜|정말|몰라|싫어|고마워|미안|안녕)$"
)
# Particles and connective endings after which something must come …
_OPEN = re.compile(
    r"(?:은|는|을|를|에|에서|에게|한테|께서|랑|으로|부터|까지|처럼|보다|때문에|[해라어아가와봐워려여면돼]서|지만|다가|거나|든지"
    r"|[으하이라다가오보되]면|고|려고)$"
)
# … and conjunctions and fillers that hold the floor.
_HELD = re.compile(
    r"(?:^|\s)(?:음+|어+|아+|그+|저+|뭐|막|이제|약간|좀|제가|내가|저희가|우리가|제|내|우리|그게|뭐랄까|그리고|그래서|근데|그런데"
    r"|그러니까|하지만|그러면|왜냐하면|예를 들면|일단|우선)$"
)
# Words that only look like those.
_NOUN = re.compile(r"(?:가을|마을|노을|최고|광고|창고|독서|순서|사랑|자랑)$")
_TRAILING = re.compile(r"[\s.,!?~…·]*$")


def is_whole_sentence(text: str) -> bool | None:
    """True: it ends like a sentence. False: something must follow. None: the ending does not tell."""
    plain = _TRAILING.sub("", text)
    marks = text[len(plain) :]
    if not plain:
        return None
    if "?" in marks:
        return True  # it was heard as a question, however short: "취미는?"
    if plain.endswith("니까"):
        return _final(plain[-3:-2]) == "ㅂ"  # 합니까 asks; 하니까 gives a reason for what follows
    if _ANSWER.search(plain):
        return True
    if _HELD.search(plain):
        return False
    if plain.endswith("데") and _final(plain[-2:-1]) == "ㄴ":
        return False  # 좋은데, 바쁜데, 하는데 …
    if plain[-1] in "어다지네" and _final(plain[-2:-1]) == "ㅆ":
        return True  # 봤어, 먹었다, 있지 …
    if _NOUN.search(plain):
        return None
    if _WHOLE.search(plain):
        return True
    return False if _OPEN.search(plain) or "…" in marks or ".." in marks else None


def _final(syllable: str) -> str:
    """The final consonant of a Hangul syllable; empty for none, or for anything else."""
    if not "가" <= syllable <= "힣":
        return ""
    final: str = FINALS[(ord(syllable) - ord("가")) % len(FINALS)]
    return final
