"""Two speakers as spans: shares, delays and breaking in, counted as one would with a stopwatch."""

from __future__ import annotations

import pytest

from analysis import exchange
from media.types import Span

HERS = [Span(0, 4), Span(10, 14), Span(20, 24)]
MINE = [Span(5, 9), Span(15, 19), Span(25, 29)]


def test_equal_times_are_half_each() -> None:
    assert exchange.talk_share(MINE, HERS) == pytest.approx(0.5)
    assert exchange.share_score(MINE, HERS).value == 100


def test_overlapping_spans_of_one_speaker_count_once() -> None:
    assert exchange.covered([Span(0, 4), Span(2, 5), Span(3, 4)]) == pytest.approx(5)


def test_the_answer_is_timed_from_her_last_sound() -> None:
    assert exchange.latencies(MINE, HERS) == [1, 1, 1]
    assert exchange.latencies([Span(3.5, 9)], [Span(0, 4)]) == [-0.5]


def test_a_turn_a_minute_later_is_no_answer() -> None:
    assert exchange.latencies([Span(64, 70)], [Span(0, 4)]) == []


def test_one_answer_belongs_to_one_turn_of_hers() -> None:
    assert exchange.latencies([Span(11, 12)], [Span(0, 4), Span(6, 10)]) == [1]


def test_three_answers_are_needed_before_anything_is_said() -> None:
    assert exchange.latency_score([1.0, 1.0]).reason == "too_few_turns"
    assert exchange.latency_score([1.0, 1.0, 9.0]).value == 100
    assert exchange.latency_score([4.0, 4.0, 4.0]).value == 0


def test_breaking_in_is_beginning_while_she_has_more_to_say() -> None:
    assert exchange.interruptions([Span(2, 5)], [Span(0, 4)]) == [Span(2, 5)]
    assert exchange.interruptions([Span(3.8, 5)], [Span(0, 4)]) == []
    assert exchange.not_interrupting_score([Span(2, 5), Span(9, 11)], [Span(0, 4)]).value == 0
    assert exchange.not_interrupting_score(MINE, HERS).value == 100


def test_nobody_spoke() -> None:
    assert exchange.talk_share([], []) is None
    assert exchange.share_score([], HERS).value is None
    assert exchange.not_interrupting_score([], HERS).reason == "too_few_turns"
