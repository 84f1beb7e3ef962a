"""The speech level of more than a hundred sentences of our own: at least 95 % right, and never a guess at slang."""

from __future__ import annotations

import pytest

from analysis.speech_level import sentence_levels, speech_level

SENTENCES = {
    "하십시오체": """만나서 반갑습니다. 안녕하십니까? 저는 회사에 다닙니다. 어디에서 오셨습니까? 이쪽으로
    앉으십시오. 함께 가시지요. 그렇게 합시다. 오늘은 제가 사겠습니다. 감사합니다. 정말
    죄송합니다. 무슨 일을 하십니까? 저는 의사입니다. 좋은 시간이었습니다. 그것은 잘
    모르겠습니다. 주말에는 책을 읽습니다. 천천히 말씀해 주십시오. 영화를 좋아하십니까? 비가
    많이 옵니다. 잘 부탁드립니다. 그럴 수도 있습니다만. 오래 기다리셨습니다. 여기가 제
    고향입니다. 그 말씀이 맞습니다. 내일 다시 뵙겠습니다. 괜찮으십니까?""",
    "해요체": """안녕하세요. 만나서 반가워요. 저는 회사에 다녀요. 주말에는 뭐 하세요? 영화 좋아하시죠? 저도
    그래요. 그건 잘 모르겠어요. 같이 갈까요? 제가 할게요. 정말 재밌네요. 비가 오거든요.
    그렇군요. 밥 먹었어요? 이름이 뭐예요? 저는 학생이에요. 거기 가 봤는데요. 왜요? 진짜요?
    저도요. 떡볶이요. 커피 마실래요? 천천히 말해 주세요. 그랬나요? 좋았겠어요. 그럼 이따 봐요.
    바빴거든요. 그런가요? 잘 지냈죠? 오늘은 쉬려고요. 친구가 왔더라고요. 많이 힘드셨겠어요.
    아니에요, 괜찮아요. 그럼요. 맛있어 보이네요.""",
    "해체": """안녕. 뭐 해? 나도 그래. 그건 잘 모르겠어. 같이 갈까? 내가 할게. 정말 재밌네. 밥 먹었어?
    이름이 뭐야? 나는 학생이야. 거기 가 봤는데. 왜? 커피 마실래? 천천히 말해. 좋았겠네. 이따
    봐. 바빴거든. 그런가? 잘 지냈지? 오늘은 쉬려고. 너무 힘들었어. 그랬구나. 진짜 좋아해. 우리
    어디서 볼까? 나 지금 집이야. 그거 맛있잖아. 빨리 와. 걱정하지 마. 알았어, 금방 갈게. 어제
    늦게 잤어.""",
    "해라체": """오늘은 비가 온다. 나는 집에 간다. 밥 먹었냐? 어디 가니? 빨리 가자. 이제 그만 자라. 정말
    예쁘다. 그 영화는 재미있더라. 내일 다시 보자. 너 뭐 하니? 날씨가 참 좋다. 그건 내가 하마.
    힘내라. 배고프다. 같이 먹자.""",
}  # fmt: skip


def cases() -> list[tuple[str, str]]:
    return [
        (sentence, level)
        for level, text in SENTENCES.items()
        for sentence in [reading[0] for reading in sentence_levels(" ".join(text.split()))]
    ]


def test_16_at_least_ninety_five_of_a_hundred_own_sentences_are_read_right() -> None:
    table = cases()
    wrong = [(sentence, level, speech_level(sentence).level) for sentence, level in table]
    wrong = [each for each in wrong if each[1] != each[2]]
    assert len(table) >= 100
    assert len(wrong) <= 0.05 * len(table), wrong


def test_respect_or_not_is_never_wrong_on_them() -> None:
    for sentence, level in cases():
        assert speech_level(sentence).polite is (level in ("하십시오체", "해요체")), sentence


@pytest.mark.parametrize("text", ["했엉", "가타", "음...", "", "!!!", "떡볶이", "lol", "ㅋㅋㅋ", "서울 부산 대구"])
def test_slang_and_fragments_are_unknown_and_never_a_guess(text: str) -> None:
    assert speech_level(text).level == "unknown"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("비가 오니까", "해체"),  # a connective is no 습니까
        ("안 오는데", "해체"),
        ("저는 회사원인데요 좋아하세요", "해요체"),
        ("진짜 좋아요 그쵸", "해요체"),
        ("음, 그게... 잘 모르겠어요.", "해요체"),
        ("비가 와서. 정말 재밌었어요.", "해요체"),  # the weak ending loses
        ("좋아해 진짜", "해체"),
    ],
)
def test_endings_without_signs_and_weak_endings(text: str, level: str) -> None:
    assert speech_level(text).level == level


def test_a_reading_by_a_connective_alone_is_marked_weak() -> None:
    assert speech_level("비가 와서").weak
    assert not speech_level("비가 와요").weak
