"""The splitter gives whole sentences early; `speakable` leaves only what a voice may say."""

from __future__ import annotations

import pytest

from analysis.hangul import syllables
from persona.sentences import LONGEST, SentenceSplitter, speakable, split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("안녕하세요! 만나서 반가워요.", ["안녕하세요!", "만나서 반가워요."]),
        ("키는 3.5센티 컸어요. 진짜예요?", ["키는 3.5센티 컸어요.", "진짜예요?"]),
        ("좋았어요... 정말요.", ["좋았어요...", "정말요."]),
        ("음... 그건 비밀이에요. 하하.", ["음... 그건 비밀이에요.", "하하."]),
        ("좋았는데… 아쉬웠어요.", ["좋았는데… 아쉬웠어요."]),
        ("1. 떡볶이가 좋아요. 2. 김밥도요.", ["1. 떡볶이가 좋아요.", "2. 김밥도요."]),
        ("2026. 11. 22. 토요일이에요. 맞죠?", ["2026. 11. 22. 토요일이에요.", "맞죠?"]),
        ('엄마가 "밥 먹어. 빨리." 하셨어요. 웃겼죠?', ['엄마가 "밥 먹어. 빨리." 하셨어요.', "웃겼죠?"]),
        ("(웃음. 손을 흔든다) 반가워요. 네!", ["(웃음. 손을 흔든다) 반가워요.", "네!"]),
        ("와~ 정말요?! 대박이네요!!", ["와~", "정말요?!", "대박이네요!!"]),
        ("첫 줄이에요\n둘째 줄이에요", ["첫 줄이에요", "둘째 줄이에요"]),
        ("", []),
        ("   \n ", []),
    ],
)
def test_a_text_is_cut_at_its_sentences(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    "text", ["안녕하세요! 저는 3.5점을 받았어요... 음... 그게요, 비밀이에요. 네?", "와~ 좋네요. 그럼 갈까요"]
)
def test_a_stream_gives_the_same_sentences_however_it_is_chopped(text: str) -> None:
    for size in (1, 2, 3, 7, 1000):
        splitter = SentenceSplitter()
        found = [s for at in range(0, len(text), size) for s in splitter.feed(text[at : at + size])]
        assert found + splitter.flush() == streamed(text)


def test_a_sentence_is_given_as_soon_as_the_space_after_it_is_there() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("반가워요.") == []  # it could still become "반가워요..."
    assert splitter.feed(" 저") == ["반가워요."]


def streamed(text: str) -> list[str]:
    splitter = SentenceSplitter()
    return splitter.feed(text) + splitter.flush()


def test_the_first_chunk_may_break_at_a_comma_and_later_ones_may_not() -> None:
    long = "저는 주말마다 친구들이랑 등산을 다니거든요, 그래서 다리가 튼튼해요."
    assert streamed(long) == ["저는 주말마다 친구들이랑 등산을 다니거든요,", "그래서 다리가 튼튼해요."]
    assert streamed("네. " + long) == ["네.", long]
    assert streamed("음, 좋아요.") == ["음, 좋아요."]
    assert split(long) == [long]


def test_endless_text_is_forced_out_in_pieces() -> None:
    pieces = split("가나다라마 " * 100)
    assert all(syllables(piece) <= LONGEST for piece in pieces)
    assert "".join("".join(pieces).split()) == "가나다라마" * 100
    assert max(map(len, split("a" * 5000))) <= 6 * LONGEST


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("**정말** 반가워요 😀", "정말 반가워요"),
        ("*웃으며* 안녕하세요!", "안녕하세요!"),
        ("(수줍게 웃는다) 네, 좋아요.", "네, 좋아요."),
        ("# 제목", "제목"),
        ("- 떡볶이", "떡볶이"),
        ("[여기](https://example.com)를 보세요", "여기를 보세요"),
        ("https://example.com", ""),
        ("ㅋㅋㅋ 재밌네요 ㅠㅠ", "재밌네요"),
        ("```python\nprint(1)\n```", ""),
        ("assistant: 반가워요.", "반가워요."),
        ("<b>네</b>", "네"),
        ("키는 3.5센티예요.", "키는 3.5센티예요."),
        ("🎉✨", ""),
        ("...", ""),
        ("“정말요?”", "“정말요?”"),
    ],
)
def test_only_words_are_spoken(written: str, spoken: str) -> None:
    assert speakable(written) == spoken
