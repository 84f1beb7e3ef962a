"""Korean sentence ends by table: what is whole, what wants to go on, what does not tell."""

from __future__ import annotations

import pytest

from analysis.sentence_end import is_whole_sentence

WHOLE = """
네. / 네, 맞아요 / 아니요 / 글쎄요. / 취미가 뭐예요? / 취미는? / 저는 서울에 살아요.
만나서 반갑습니다 / 어디 가십니까 / 어제 영화 봤어
진짜 / 커피 좋아하시죠 / 같이 갈래 / 그렇구나 / 요즘 좀 바쁜데요. / 응 / 밥 먹었다
"""
OPEN = """
저는 주말에는 / 제가 좋아하는 음식은. / 그래서 / 요리를 배우고 싶은데
요즘 회사가 바쁜데, / 어제 친구랑 / 음 / 비가 오니까 / 날씨가 좋아서
밥을 먹고 / 시간이 있으면 / 저는 회사에서 마케팅을 / 그러니까 / 영화를 보러 갔지만
그게 뭐랄까 / 제가 / 뭔가 좀… / 저는 주말에
"""
UNTOLD = "... / 가을 / 최고 / 사랑 / 제주도 / 커피 / hello / 2026"


def _each(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split(" / ")]


@pytest.mark.parametrize("text", _each(WHOLE))
def test_a_closing_ending_makes_a_whole_sentence(text: str) -> None:
    assert is_whole_sentence(text) is True


@pytest.mark.parametrize("text", _each(OPEN))
def test_an_open_ending_wants_to_go_on(text: str) -> None:
    assert is_whole_sentence(text) is False


@pytest.mark.parametrize("text", ["", *_each(UNTOLD)])
def test_a_bare_noun_or_nothing_does_not_tell(text: str) -> None:
    assert is_whole_sentence(text) is None
