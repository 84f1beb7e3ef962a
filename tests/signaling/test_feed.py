"""A live feed: every reader at its own pace, nobody waits for anybody, and what is forgotten is counted."""

from __future__ import annotations

import asyncio

import orjson

from signaling.feed import LINGERS, Feed


def texts(feed: Feed, seq: int = 0) -> list[tuple[int, int]]:
    """(number, how many were forgotten before it) of everything after `seq`."""
    found = []
    while feed.next - 1 > seq:
        entry, dropped = feed.following(seq)
        assert orjson.loads(entry.brief)["seq"] == entry.seq
        found.append((entry.seq, dropped))
        seq = entry.seq
    return found


def test_messages_are_numbered_from_one_and_come_in_order():
    feed = Feed()
    for value in range(3):
        feed.publish({"value": value})
    assert texts(feed) == [(1, 0), (2, 0), (3, 0)]
    assert texts(feed, 2) == [(3, 0)]


def test_one_that_falls_behind_loses_the_oldest_and_is_told_how_many():
    feed = Feed(remembered=4)
    for value in range(10):
        feed.publish({"value": value})
    assert feed.missed(2) == 4
    assert texts(feed, 2) == [(7, 4), (8, 0), (9, 0), (10, 0)]
    assert feed.missed(6) == feed.missed(9) == 0


def test_the_whole_form_has_what_the_brief_one_leaves_out():
    feed = Feed()
    feed.publish({"type": "reading", "t": 1.5}, {"points": "abc"})
    entry, _ = feed.following(0)
    assert orjson.loads(entry.brief) == {"seq": 1, "type": "reading", "t": 1.5}
    assert orjson.loads(entry.whole) == {"seq": 1, "type": "reading", "t": 1.5, "points": "abc"}


def test_it_is_worth_feeding_while_somebody_reads_and_a_while_after():
    feed = Feed()
    assert not feed.wanted(0.0)
    with feed.reader(lambda: 10.0):
        assert feed.wanted(5.0)
        with feed.reader(lambda: 6.0):
            pass
        assert feed.wanted(100.0)
    assert feed.wanted(10.0 + LINGERS - 1)
    assert not feed.wanted(10.0 + LINGERS + 1)


async def test_all_readers_are_woken_by_news_and_by_the_end():
    feed = Feed()
    seen: list[int] = []

    async def read() -> None:
        seq = 0
        while await feed.more_than(seq):
            entry, _ = feed.following(seq)
            seq = entry.seq
            seen.append(seq)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(50):
            tasks.create_task(read())
        await asyncio.sleep(0)
        feed.publish({})
        feed.publish({})
        await asyncio.sleep(0)
        feed.end("over")
    assert sorted(seen) == [1] * 50 + [2] * 50
    assert feed.ended == "over"
    assert not feed.wanted(0.0)
