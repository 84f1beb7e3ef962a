"""Digits, Latin letters and signs are spelled out the way a Korean reads them aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.numerals import digits, native, sino, spell_out

READINGS = [
    ("28살", "스물여덟 살"),
    ("20살", "스무 살"),
    ("21살이에요", "스물한 살이에요"),
    ("100살", "백 살"),
    ("28세", "이십팔 세"),
    ("20대 후반", "이십 대 후반"),
    ("차 2대", "차 두 대"),
    ("3명", "세 명"),
    ("4마리", "네 마리"),
    ("커피 2잔", "커피 두 잔"),
    ("책 12권", "책 열두 권"),
    ("5번 봤어요", "다섯 번 봤어요"),
    ("1번째", "첫 번째"),
    ("2번째", "두 번째"),
    ("3개월", "삼 개월"),
    ("3개", "세 개"),
    ("2시간", "두 시간"),
    ("10시 30분", "열 시 삼십 분"),
    ("15시", "십오 시"),
    ("10:30", "열 시 삼십 분"),
    ("7:00에 만나요", "일곱 시에 만나요"),
    ("2024년", "이천이십사 년"),
    ("1997년생", "천구백구십칠 년생"),
    ("3월 1일", "삼 월 일 일"),
    ("6월", "유월"),
    ("10월 9일", "시월 구 일"),
    ("16일", "십육 일"),
    ("2024-03-01", "이천이십사 년 삼 월 일 일"),
    ("2주", "이 주"),
    ("3층", "삼 층"),
    ("1등", "일 등"),
    ("1,000원", "천 원"),
    ("12,500원", "만 이천오백 원"),
    ("10000", "만"),
    ("110000", "십일만"),
    ("100000000", "일억"),
    ("$5", "오 달러"),
    ("50%", "오십 퍼센트"),
    ("3.5", "삼 점 오"),
    ("0.05", "영 점 영오"),
    ("36.5도", "삼십육 점 오 도"),
    ("165cm", "백육십오 센티미터"),
    ("5km", "오 킬로미터"),
    ("-5도", "마이너스 오 도"),
    ("2~3명", "두세 명"),
    ("3~4시간", "서너 시간"),
    ("10~20분", "십에서 이십 분"),
    ("2:3", "이, 삼"),
    ("010-1234-5678", "공일공, 일이삼사, 오육칠팔"),
    ("01012345678", "공일공, 일이삼사, 오육칠팔"),
    ("0", "영"),
    ("007", "공공칠"),
    ("AI", "에이아이"),
    ("ENFP예요", "이엔에프피예요"),
    ("OK!", "오케이!"),
    ("MBTI가 뭐예요?", "엠비티아이가 뭐예요?"),
    ("Netflix 봐요", "넷플릭스 봐요"),
    ("K-pop", "케이팝"),
    ("AI가 1등", "에이아이가 일 등"),
    ("좋아요ㅋㅋㅋㅋㅋ", "좋아요, 크크크"),
    ("ㅎㅎ 네", "흐흐, 네"),
    ("네~ 좋아요~", "네, 좋아요."),
    ("와~!", "와!"),
    ("슬퍼요ㅠㅠ", "슬퍼요"),
    ("좋아요 😊 ^^", "좋아요"),
    ("음... 글쎄요…", "음… 글쎄요…"),
    ("정말요?!", "정말요?"),
    ("“안녕” 했어요", "안녕 했어요"),
    ("*웃음* 네", "웃음 네"),
    ("A/B 테스트", "에이 비 테스트"),
]


@pytest.mark.parametrize(("written", "read"), READINGS)
def test_it_is_read_as_a_korean_reads_it(written: str, read: str) -> None:
    assert spell_out(written) == read


@pytest.mark.parametrize("text", ["", "😊", "^^", "ㅠㅠ", "...", "~", "?!", "\n"])
def test_nothing_speakable_is_nothing(text: str) -> None:
    assert spell_out(text) == ""


def test_the_two_ways_of_counting() -> None:
    assert [native(n) for n in (1, 2, 3, 4, 10, 11, 20, 25, 33, 99)] == (
        ["한", "두", "세", "네", "열", "열한", "스무", "스물다섯", "서른세", "아흔아홉"]
    )
    assert [sino(n) for n in (0, 10, 11, 105, 1999, 10_001, 20_000)] == (
        ["영", "십", "십일", "백오", "천구백구십구", "만 일", "이만"]
    )
    assert digits("119") == "일일구"


def test_a_number_too_large_for_words_is_read_digit_by_digit() -> None:
    assert sino(10**25) == "일" + "공" * 25


@given(st.text(max_size=80))
def test_any_text_becomes_hangul_and_punctuation_only(text: str) -> None:
    assert all(char in " ,.?!…" or "가" <= char <= "힣" for char in spell_out(text))


@given(st.integers(0, 10**16))
def test_any_number_is_read_as_something_else_than_any_other(number: int) -> None:
    assert sino(number).replace(" ", "") != sino(number + 1).replace(" ", "")
