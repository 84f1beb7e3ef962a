"""What Korean empathy, thanks, courtesy, hedging, exclaiming and asking look like in writing: patterns only.

It must not know how they are counted or scored. A pattern finds the words as recognisers and people write them.
"""

from __future__ import annotations

import re

from analysis.readings import MentionKind


def _any(*pieces: str) -> re.Pattern[str]:
    return re.compile("|".join(pieces))


EXPRESSIONS: tuple[tuple[MentionKind, re.Pattern[str]], ...] = (
    ("backchannel", _any(
        r"그(?:렇|랬|러셨|러시)(?:구나|군요)", r"그러게요?", r"(?:아하|저런|헐)\b", r"(?:정말|진짜|그래)요?\s?\?",
        r"어머나?\b", r"우와", r"와+[~!]", r"세상에",
    )),
    ("agreement", _any(
        r"맞아요?\b", r"맞(?:습니다|네요|죠)", r"저도요", r"나도\s?[!.]", r"(?:저도|나도) (?:그래|그렇|그랬|같은)",
        r"그쵸", r"그렇죠", r"그치\b", r"그럼요", r"당연하죠", r"동감", r"공감", r"그러니까요", r"그렇고말고",
    )),
    ("appreciation", _any(
        r"고마워\w*", r"고맙\w*", r"감사\w*", r"멋(?:지|져|있|졌)\w*", r"대단(?:하|해|한)\w*", r"덕분\w*", r"훌륭\w*",
        r"최고\w*", r"잘하시\w*", r"잘 ?어울리\w*", r"센스 ?있\w*", r"듣기 좋\w*",
    )),
    ("polite", _any(
        r"혹시", r"괜찮으시(?:면|다면)", r"주시겠\w*", r"주실래\w*", r"주실 수", r"주세요", r"주십시오", r"감사\w*",
        r"죄송\w*", r"실례\w*", r"부탁\s?드\w*", r"말씀\w*", r"여쭤\w*", r"여쭙\w*", r"드릴(?:게|까)\w*", r"드려도",
    )),
    ("hedge", _any(r"[것거] 같\w*", r"아마도?\b", r"글쎄\w*", r"모르겠\w*", r"뭐랄까", r"약간\b", r"그런가\b")),
    ("exclamation", _any(r"!+", r"우와", r"대박", r"어머나?\b", r"세상에")),
)  # fmt: skip

QUESTION_ENDING = _any(
    r"(?:습|ᆸ)니까$", r"(?:나|던가|[ᆫ은는]가)요$", r"(?:[을ᆯ]까|[을ᆯ]래)요?$", r"느?냐$", r"^으?니$", r"[ᆫ은는]가$",
)  # fmt: skip
QUESTION_WORDS = frozenset(
    [
        "뭐",
        "뭘",
        "무엇",
        "무슨",
        "어디",
        "언제",
        "누구",
        "누가",
        "왜",
        "어떻",
        "어떠하",
        "어떻게",
        "어떤",
        "어느",
        "얼마",
        "얼마나",
        "며칠",
        "몇",
        "웬",
    ]
)
OPEN_ENDING = _any(r"[요어아야지죠해네]$")  # the melody alone says whether it asks
FILLERS = frozenset(["음", "어", "그", "저", "뭐", "아"])
# Words that say nothing about what a turn is about.
EMPTY = frozenset(
    [
        "하",
        "되",
        "있",
        "없",
        "이",
        "같",
        "보",
        "가",
        "오",
        "주",
        "것",
        "거",
        "때",
        "수",
        "말",
        "좋",
        "그렇",
        "이렇",
        "어떻",
        "정말",
        "진짜",
        "오늘",
        "생각",
        "사람",
        "나",
        "저",
        "우리",
        "많",
        "싶",
        "알",
        "모르",
        "받",
        "들",
        "맞",
        "쓰",
        "만들",
        "좋아하",
        "일",
        "중",
        "편",
    ]
)
