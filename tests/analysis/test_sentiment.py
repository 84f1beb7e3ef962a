"""Words of feeling: found in any conjugation, turned by a denial, and told from the other person's."""

from __future__ import annotations

import json

import pytest

from analysis.sentiment import LEXICON, _table, feelings, sentiment


@pytest.mark.parametrize(
    "text", ["즐거웠어요", "재밌는데요", "마음에 들었어요", "행복하더라고요", "기분이 정말 좋네요", "ㅎㅎ", "😊"]
)
def test_a_good_word_is_found_in_any_form(text: str) -> None:
    assert sentiment(feelings(text)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "text",
    ["안 좋아요", "좋지 않아요", "좋아하지는 않아요", "재미가 하나도 없었어요", "행복하지 못했어요", "별로 안 예뻐요"],
)
def test_a_denied_good_word_is_bad(text: str) -> None:
    assert (sentiment(feelings(text)) or 0) < 0


@pytest.mark.parametrize(
    "text", ["싫지는 않아요", "안 무서워요", "나쁘지 않네요", "불행한 건 아니에요", "걱정 마세요, 힘들지 않아요"]
)
def test_a_denied_misfortune_is_a_little_good(text: str) -> None:
    found = sentiment(feelings(text))

    assert found is not None
    assert 0 < found < 0.6


@pytest.mark.parametrize(
    "text", ["", "저는 회사에 다녀요", "hello", "차를 마셨어요", "그 배우가 나왔어요", "12345", "🚗"]
)
def test_no_word_of_feeling_is_no_measurement(text: str) -> None:
    assert sentiment(feelings(text)) is None


def test_the_others_misfortune_is_no_negativity() -> None:
    assert sentiment(feelings("많이 힘드셨겠어요")) is None
    assert (sentiment(feelings("많이 힘들었어요")) or 0) < 0


def test_a_denial_in_the_next_clause_denies_nothing_before_it() -> None:
    assert sentiment(feelings("영화가 좋았는데 사람은 없었어요")) == pytest.approx(1.0)


def test_both_sides_are_weighed() -> None:
    assert sentiment(feelings("맛있지만 비싸요")) == pytest.approx(0.0)
    assert (sentiment(feelings("정말 맛있지만 비싸요")) or 0) > 0


def test_every_entry_of_the_lexicon_finds_itself() -> None:
    """A dictionary form that Kiwi cuts differently in a sentence would never be found: such entries do not belong."""
    entries = json.loads(LEXICON.read_text(encoding="utf-8"))
    lost = [word for words in entries.values() for word in words if not feelings(word)]

    assert not lost
    assert sum(len(words) for words in entries.values()) >= 500
    assert all(key for found in _table().values() for key, _ in found)
