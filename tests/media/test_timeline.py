"""The call's record: in order whatever comes late, and followed by readers that may be slow."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from media.timeline import Timeline
from media.types import Span


@dataclass(frozen=True)
class Note:
    t: float
    text: str = ""


def test_late_events_are_put_in_their_place_behind_what_happened_at_the_same_time() -> None:
    timeline = Timeline()
    for note in (Note(1), Note(3), Note(2), Note(3, "second"), Note(1, "late")):
        timeline.append(note)
    assert list(timeline) == [Note(1), Note(1, "late"), Note(2), Note(3), Note(3, "second")]
    assert len(timeline) == 5


@pytest.mark.parametrize(
    ("span", "times"),
    [(Span(0, 10), [1, 2, 3]), (Span(1, 3), [1, 2]), (Span(2, 2), []), (Span(3, 4), [3]), (Span(5, 6), [])],
)
def test_a_stretch_of_it_holds_its_start_and_not_its_end(span: Span, times: list[float]) -> None:
    timeline = Timeline()
    for t in (1, 2, 3):
        timeline.append(Note(t))
    assert [event.t for event in timeline.between(span)] == times


async def test_a_subscriber_gets_what_is_appended_from_now_on_in_the_order_it_came() -> None:
    timeline = Timeline()
    timeline.append(Note(1))
    with timeline.subscribe() as events:
        timeline.append(Note(5))
        timeline.append(Note(2))
        assert [await events.get(), await events.get()] == [Note(5), Note(2)]
    timeline.append(Note(6))
    assert events.closed
    assert events.drain() == []


def test_a_slow_subscriber_loses_its_oldest_and_nobody_else_anything() -> None:
    timeline = Timeline()
    with timeline.subscribe(2) as slow, timeline.subscribe() as quick:
        for t in range(5):
            timeline.append(Note(t))
        assert [event.t for event in slow.drain()] == [3, 4]
        assert slow.dropped == 3
        assert len(quick) == 5


async def test_closing_ends_the_subscriptions_and_keeps_the_record() -> None:
    timeline = Timeline()
    with timeline.subscribe() as events:
        timeline.append(Note(1))
        timeline.close()
        assert [event async for event in events] == [Note(1)]
    assert list(timeline) == [Note(1)]


def test_the_record_may_grow_while_it_is_read() -> None:
    timeline = Timeline()
    timeline.append(Note(1))
    for event in timeline:
        timeline.append(Note(event.t + 1))
    assert len(timeline) == 2


def test_what_is_not_kept_is_passed_on_all_the_same() -> None:
    timeline = Timeline(keep=lambda event: None if event.t == 2 else Note(event.t + 0.5))
    with timeline.subscribe() as events:
        for t in (1, 2, 3):
            timeline.append(Note(t))
        assert events.drain() == [Note(1), Note(2), Note(3)]
    assert list(timeline) == [Note(1.5), Note(3.5)]
