"""The bounded channel: who waits, what is dropped, and how it closes."""

from __future__ import annotations

import asyncio

import pytest

from media.channel import Channel, Closed


def test_a_channel_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Channel[int](0, "wait")


async def test_items_come_out_in_the_order_they_went_in() -> None:
    channel = Channel[int](3, "wait")
    for item in (1, 2, 3):
        await channel.put(item)
    channel.close()
    assert [item async for item in channel] == [1, 2, 3]


def test_live_media_drops_the_oldest_and_counts() -> None:
    channel = Channel[int](2, "drop_oldest")
    assert all(channel.offer(item) for item in (1, 2, 3, 4))
    assert channel.drain() == [3, 4]
    assert channel.dropped == 2


async def test_speech_work_waits_for_room() -> None:
    channel = Channel[int](1, "wait")
    assert channel.offer(1)
    assert not channel.offer(2)
    async with asyncio.TaskGroup() as tasks:
        putting = tasks.create_task(channel.put(2))
        await asyncio.sleep(0)
        assert not putting.done()
        assert await channel.get() == 1
    assert await channel.get() == 2
    assert channel.dropped == 0


async def test_many_writers_never_overfill_a_waiting_channel() -> None:
    channel = Channel[int](2, "wait")
    got = []
    async with asyncio.TaskGroup() as tasks:
        for item in range(20):
            tasks.create_task(channel.put(item))
        for _ in range(20):
            got.append(await channel.get())
            assert len(channel) <= 2
    assert sorted(got) == list(range(20))


async def test_a_reader_waits_for_the_next_item() -> None:
    channel = Channel[str](1, "wait")
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(channel.get())
        await asyncio.sleep(0)
        assert not reading.done()
        channel.offer("here")
    assert reading.result() == "here"


async def test_closing_lets_the_reader_finish_and_refuses_the_writer() -> None:
    channel = Channel[int](2, "wait")
    channel.offer(1)
    channel.close()
    channel.close()
    assert channel.closed
    assert not channel.offer(2)
    with pytest.raises(Closed):
        await channel.put(2)
    assert await channel.get() == 1
    with pytest.raises(Closed):
        await channel.get()


@pytest.mark.parametrize("side", ["reader", "writer"])
async def test_closing_wakes_whoever_waits(side: str) -> None:
    channel = Channel[int](1, "wait")
    if side == "writer":
        channel.offer(1)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(_closed(channel.get() if side == "reader" else channel.put(2)))
        await asyncio.sleep(0)
        channel.close()
    assert waiting.result()


async def _closed(waiting) -> bool:
    try:
        await waiting
    except Closed:
        return True
    return False


async def test_draining_makes_room_for_a_waiting_writer() -> None:
    channel = Channel[int](1, "wait")
    channel.offer(1)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(channel.put(2))
        await asyncio.sleep(0)
        assert channel.drain() == [1]
    assert channel.drain() == [2]
    assert channel.drain() == []
