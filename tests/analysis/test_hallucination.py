"""What Whisper writes into silence is dropped; what a person says is not."""

from __future__ import annotations

import pytest

from analysis.hallucination import is_invention, without_loops


@pytest.mark.parametrize(
    "text",
    [
        "시청해 주셔서 감사합니다.",
        "시청해주셔서 감사합니다",
        "MBC 뉴스 이덕영입니다.",
        "구독과 좋아요 부탁드려요!",
        "구독과 좋아요 눌러주세요",
        "다음 영상에서 만나요.",
        "한글자막 by 한효정",
        "이 시각 세계였습니다.",
        "지금까지 MBC 뉴스였습니다.",
    ],
)
def test_the_closing_words_of_videos_are_inventions_when_weakly_heard(text: str) -> None:
    assert is_invention(text, confidence=0.5, no_speech=0.1)
    assert is_invention(text, confidence=0.9, no_speech=0.5)
    assert not is_invention(text, confidence=0.9, no_speech=0.05)


@pytest.mark.parametrize(
    "text",
    ["감사합니다.", "네.", "저는 뉴스를 자주 봐요.", "제 유튜브 구독했어요?", "영상 편집이 취미예요", "그쵸", "ㅋㅋ"],
)
def test_what_a_person_says_is_kept_even_when_weakly_heard(text: str) -> None:
    assert not is_invention(text, confidence=0.4, no_speech=0.4)


def test_nothing_but_signs_is_nothing() -> None:
    assert is_invention("...", confidence=0.99, no_speech=0.0)
    assert is_invention("", confidence=0.99, no_speech=0.0)


def test_any_text_is_doubted_where_there_was_probably_no_speech() -> None:
    assert is_invention("오늘 날씨가 좋네요", confidence=0.2, no_speech=0.8)
    assert not is_invention("오늘 날씨가 좋네요", confidence=0.2, no_speech=0.3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("다음에 같이 밥 먹으러 갈래요. " * 4 + "다음에 같이 밥 먹", "다음에 같이 밥 먹으러 갈래요."),
        ("네, 공연에 자주 가는 편이에요. 공연에 자주 가는 편이에요.", "네, 공연에 자주 가는 편이에요."),
        ("하" * 40, "하하하"),
        ("정말요? 정말요?", "정말요? 정말요?"),
        ("네 네 네", "네 네 네"),
        ("저는 음악을 좋아하고 그림도 좋아해요.", "저는 음악을 좋아하고 그림도 좋아해요."),
        ("책 읽는 것도 좋아하고 그림 그리는 것도 좋아해요.", "책 읽는 것도 좋아하고 그림 그리는 것도 좋아해요."),
    ],
)  # fmt: skip
def test_an_endless_repetition_is_said_once(text: str, expected: str) -> None:
    assert without_loops(text) == expected
