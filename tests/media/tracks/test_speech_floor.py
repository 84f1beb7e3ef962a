"""The outgoing voice gives and keeps the floor: paused, resumed, flushed, waited for, and never stale."""

from __future__ import annotations

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError

from media.opus import SILENCE
from tests.media.tracks.player import spoken

# -- pause, resume, flush


async def test_a_pause_silences_with_the_next_frame_and_resume_takes_the_last_60_ms_again(player, tone) -> None:
    track = player.track
    track.begin(1)
    await track.say(tone(300, 1.0), "아")
    track.end()
    assert spoken(await player.pull(10)) == 10
    track.pause()
    assert track.paused
    assert spoken(await player.pull(20)) == 0
    assert track.playing
    track.resume()
    rest = await player.pull(60)
    assert spoken(rest) == 40 + 3 + 1  # what was left, 60 ms again, and the codec's lookahead
    assert rest[0] != SILENCE
    heard = track.flush()
    assert heard.complete
    assert heard.seconds == 1.0


async def test_speech_that_comes_during_a_pause_does_not_shorten_what_is_taken_again(player, tone) -> None:
    track = player.track
    track.begin(1)
    await track.say(tone(300, 0.5), "하나")
    await player.pull(10)
    track.pause()
    await player.pull(5)
    await track.say(tone(300, 0.5), "둘")
    track.end()
    track.resume()
    assert spoken(await player.pull(60)) == 40 + 3 + 1


async def test_a_reply_begun_while_paused_waits_for_the_resume(player, tone) -> None:
    player.track.pause()
    player.track.begin(1)
    await player.track.say(tone(300, 0.2), "네")
    player.track.end()
    assert spoken(await player.pull(20)) == 0
    player.track.resume()
    assert spoken(await player.pull(20)) == 11


async def test_a_flush_silences_at_once_and_tells_what_was_heard(player, tone) -> None:
    track = player.track
    track.begin(1)
    await track.say(tone(300, 1.0), "안녕하세요 반가워요")
    await track.say(tone(300, 1.0), "오늘 어땠어요?")
    await player.pull(55)
    heard = track.flush()
    assert heard.text == "안녕하세요 반가워요"
    assert heard.seconds == pytest.approx(1.1)
    assert not heard.complete
    assert not track.playing
    assert spoken(await player.pull(10)) == 0


async def test_a_flush_after_the_reply_was_ended_or_played_still_works(player, tone) -> None:
    track = player.track
    track.begin(1)
    await track.say(tone(300, 1.0), "안녕하세요")
    track.end()
    await player.pull(25)
    assert not track.flush().complete
    assert spoken(await player.pull(5)) == 0
    track.begin(2)
    await track.say(tone(300, 0.2), "반가워요")
    track.end()
    await player.pull(20)
    assert track.flush().text == "반가워요"
    assert track.flush().complete  # asking twice answers the same


async def test_a_flush_also_ends_a_pause(player, tone) -> None:
    track = player.track
    track.begin(1)
    await track.say(tone(300, 1.0), "안녕하세요")
    await player.pull(5)
    track.pause()
    track.flush()
    track.begin(2)
    await track.say(tone(300, 1.0), "네")
    assert spoken(await player.pull(5)) == 5


async def test_stale_speech_never_reaches_the_track(player, tone, pitch) -> None:
    track, told = player.track, []
    await track.say(tone(300, 1.0), "reply never begun", told.append)
    track.begin(1)
    await track.say(tone(300, 4.0), "하나", told.append)
    async with asyncio.TaskGroup() as tasks:
        late = tasks.create_task(track.say(tone(300, 1.0), "waits for room", told.append))
        await asyncio.sleep(0)
        track.flush()
        track.begin(2)
        await late
    assert track.buffered == 0
    await track.say(tone(700, 0.5), "둘")
    track.end()
    await track.say(tone(300, 1.0), "after the end", told.append)
    assert spoken(await player.pull(40)) == 26
    assert pitch(player.sound(), 48_000) == pytest.approx(700, abs=3)
    assert told == []
    assert track.flush().text == "둘"


# -- who waits, and for what


async def test_say_waits_while_three_seconds_are_queued(player, tone) -> None:
    track = player.track
    track.begin(1)
    await track.say(tone(300, 3.5), "하나")
    async with asyncio.TaskGroup() as tasks:
        saying = tasks.create_task(track.say(tone(300, 1.0), "둘"))
        await player.pull(24)
        assert not saying.done()
        await player.pull(2)
        await asyncio.sleep(0)
        assert saying.done()
    assert track.buffered == pytest.approx(3.98)


async def test_wait_played_returns_with_the_last_sample(player, tone) -> None:
    track = player.track
    track.begin(1)
    await track.say(tone(300, 0.2), "네")
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(track.wait_played())
        await player.pull(15)
        await asyncio.sleep(0)
        assert not waiting.done()  # not ended: more may come
        track.end()
        await player.pull(1)
        await asyncio.sleep(0)
        assert waiting.done()


@pytest.mark.parametrize("release", ["flush", "stop"])
async def test_nobody_waits_for_a_reply_that_is_gone(player, tone, release: str) -> None:
    track = player.track
    track.begin(1)
    await track.say(tone(300, 4.0), "하나")
    async with asyncio.timeout(2), asyncio.TaskGroup() as tasks:
        tasks.create_task(track.say(tone(300, 1.0), "둘"))
        tasks.create_task(track.wait_played())
        await asyncio.sleep(0)
        getattr(track, release)()


async def test_an_empty_reply_is_over_as_soon_as_it_is_ended(player) -> None:
    player.track.begin(1)
    player.track.end()
    async with asyncio.timeout(1):
        await player.track.wait_played()
    assert player.track.flush().text == ""


async def test_a_piece_tells_when_its_first_sample_plays(player, tone) -> None:
    track, told = player.track, []
    track.begin(1)
    for text in ("하나", "", "둘"):
        await track.say(tone(300, 0.25), text, lambda t, text=text: told.append((text, t)))
    await player.pull(5)
    assert told == [("하나", 0.0)]
    track.pause()
    await player.pull(50)
    track.resume()
    await player.pull(60)
    assert [text for text, _ in told] == ["하나", "", "둘"]
    assert [t for _, t in told] == pytest.approx([0.0, 0.25 + 1.0 + 0.06, 0.5 + 1.0 + 0.06])


async def test_a_listener_that_fails_does_not_end_the_sending(player, tone) -> None:
    def fail(t: float) -> None:
        raise RuntimeError("the caption could not be drawn")

    player.track.begin(1)
    await player.track.say(tone(300, 0.2), "네", fail)
    assert spoken(await player.pull(10)) == 10


async def test_a_stopped_track_ends_as_aiortc_expects(player) -> None:
    await player.pull(1)
    player.track.stop()
    with pytest.raises(MediaStreamError):
        await player.track.recv()
