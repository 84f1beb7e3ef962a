"""Hangul as sound: syllables, finals, particles, likeness."""

from __future__ import annotations

import pytest

from analysis.hangul import decompose, final_consonant, likeness, syllables, with_particle


@pytest.mark.parametrize(
    ("word", "particle", "written"),
    [
        ("산책", "은", "산책은"), ("커피", "은", "커피는"), ("서울", "으로", "서울로"),
        ("부산", "으로", "부산으로"), ("제주", "으로", "제주로"), ("민수", "이에요", "민수예요"),
        ("지현", "이에요", "지현이에요"), ("지현", "아", "지현아"), ("민수", "아", "민수야"),
        ("5", "이", "5가"), ("3", "은", "3은"), ("AI", "은", "AI는"), ("책", "이랑", "책이랑"),
        ("PM", "을", "PM을"), ("", "은", "는"),
    ],
)  # fmt: skip
def test_a_particle_fits_the_last_sound(word: str, particle: str, written: str) -> None:
    assert with_particle(word, particle) == written


def test_syllables_finals_and_jamo() -> None:
    assert syllables("안녕 abc 12!") == 2
    assert final_consonant("닭") == "ㄺ"
    assert final_consonant("하하!") == ""
    assert decompose("힣") == ("ㅎ", "ㅣ", "ㅎ")
    with pytest.raises(ValueError, match="not a Hangul syllable"):
        decompose("a")


def test_words_that_sound_alike_are_near_and_others_far() -> None:
    assert likeness("취미", "취미") == 1.0
    assert likeness("취미", "친미") >= 0.6
    assert likeness("떡볶이", "떡볶기") > 0.75
    assert likeness("취미", "자동차") < 0.4
    assert likeness("", "취미") == 0.0
