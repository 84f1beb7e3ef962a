"""The outgoing voice: paced, silent for nothing, paused, resumed, flushed; and heard at the far end as it was said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError
from av import CodecContext, Packet

from media.channel import Channel
from media.clock import Clock, ManualClock
from media.jitter import install
from media.opus import LONG_SILENCE, SILENCE
from media.tracks.microphone import Microphone
from media.tracks.speech import LULL_FRAMES, Pacer, SpeechTrack
from media.types import AudioChunk


class Player:
    """A track pulled by hand: every `pull` is 20 ms of call time."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.track = SpeechTrack(self.clock)
        self.packets: list[bytes] = []

    async def pull(self, frames: int) -> list[bytes]:
        got = []
        for _ in range(frames):
            got.append(bytes(await self.track.recv()))
            self.clock.advance_to(self.clock.now() + 0.020)
            await asyncio.sleep(0)  # whoever waits for room may go on
        self.packets += got
        return got

    def sound(self) -> np.ndarray:
        """Everything pulled so far as a far end decodes it: [N] float32 at 48 kHz."""
        decoder = CodecContext.create("libopus", "r")
        decoder.format, decoder.layout, decoder.sample_rate = "s16", "stereo", 48_000
        parts = []
        for index, data in enumerate(self.packets):
            packet = Packet(data)
            packet.pts, packet.time_base = index * 960, Fraction(1, 48_000)
            parts += [frame.to_ndarray().reshape(-1, 2)[:, 0] for frame in decoder.decode(packet)]
        return np.concatenate(parts).astype(np.float32) / 32768


@pytest.fixture
def player() -> Player:
    return Player()


@pytest.fixture
def tone(sine: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """`tone(hertz, seconds)`: int16 at 24 kHz, as a synthesizer gives it."""
    return lambda hertz, seconds: (sine(hertz, seconds, 24_000) * 32767).astype(np.int16)


def spoken(packets: list[bytes]) -> int:
    return sum(packet != SILENCE for packet in packets)


# -- pacing, with time as an argument


def test_the_schedule_is_absolute_so_small_delays_do_not_add_up() -> None:
    pacer = Pacer()
    assert pacer.wait(5.0) == 0.0
    assert pacer.wait(5.003) == pytest.approx(0.017)
    assert pacer.wait(5.027) == pytest.approx(0.013)
    assert pacer.wait(5.060) == 0.0


def test_a_short_delay_is_caught_up_with() -> None:
    pacer = Pacer()
    pacer.wait(0.0)
    waits = [pacer.wait(0.095) for _ in range(6)]
    assert waits == [0.0, 0.0, 0.0, 0.0, pytest.approx(0.005), pytest.approx(0.025)]
    assert pacer.stalls == 0


def test_a_stalled_loop_re_anchors_instead_of_bursting() -> None:
    pacer = Pacer()
    pacer.wait(0.0)
    assert pacer.wait(0.800) == 0.0
    assert pacer.wait(0.800) == pytest.approx(0.020)
    assert pacer.stalls == 1


async def test_packets_are_20_ms_apart_in_rtp_time_through_speech_silence_and_stalls(player, tone) -> None:
    player.track.begin(1)
    await player.track.say(tone(300, 0.1), "네")
    player.track.end()
    pts = []
    for index in range(20):
        packet = await player.track.recv()
        pts.append(packet.pts)
        assert packet.time_base == Fraction(1, 48_000)
        player.clock.advance_to(player.clock.now() + (0.5 if index == 10 else 0.020))
    assert set(np.diff(pts)) == {960}
    assert player.track.stalls == 1


# -- silence


async def test_a_silent_call_costs_no_encoder(player) -> None:
    packets = await player.pull(LULL_FRAMES)
    assert set(packets) == {SILENCE}
    assert player.track.spoken_frames == 0
    assert np.abs(player.sound()).max() == 0.0


async def test_a_long_silence_goes_out_in_packets_of_forty_milliseconds_and_ends_with_the_first_word(
    player, tone
) -> None:
    await player.pull(LULL_FRAMES)
    packets = [await player.track.recv()]
    for _ in range(10):
        player.clock.advance_to(player.clock.now() + 0.040)
        packets.append(await player.track.recv())
    assert {bytes(packet) for packet in packets} == {LONG_SILENCE}
    assert {later.pts - sooner.pts for sooner, later in pairwise(packets)} == {1920}
    decoder = CodecContext.create("libopus", "r")
    decoder.format, decoder.layout, decoder.sample_rate = "s16", "stereo", 48_000
    [frame] = decoder.decode(Packet(LONG_SILENCE))
    assert (frame.samples, np.abs(frame.to_ndarray()).max()) == (1920, 0)
    player.track.begin(1)
    player.clock.advance_to(player.clock.now() + 0.040)
    assert bytes(await player.track.recv()) == SILENCE  # a reply is coming: back to the quick step
    await player.track.say(tone(300, 0.2), "하나")
    player.clock.advance_to(player.clock.now() + 0.020)
    assert bytes(await player.track.recv()) not in (SILENCE, LONG_SILENCE)


async def test_silence_is_sent_before_a_reply_in_its_gaps_and_after_it(player, tone) -> None:
    track = player.track
    assert spoken(await player.pull(3)) == 0
    track.begin(1)
    assert spoken(await player.pull(3)) == 0
    await track.say(tone(300, 0.2), "하나")
    assert spoken(await player.pull(10)) == 10
    assert spoken(await player.pull(5)) == 0  # the synthesizer is late: silence, and no wait
    assert track.playing
    await track.say(tone(300, 0.2), "둘")
    track.end()
    await player.pull(30)
    assert not track.playing
    assert spoken(await player.pull(5)) == 0


async def test_no_sample_is_lost_when_speech_comes_in_odd_pieces_with_gaps(player, tone) -> None:
    track, whole = player.track, tone(300, 1.0)
    track.begin(1)
    for index, start in enumerate(range(0, len(whole), 1001)):
        await track.say(whole[start : start + 1001], "아" if index == 0 else "")
        await player.pull(2 + index % 2)
    track.end()
    await player.pull(10)
    sounding = np.count_nonzero(np.abs(player.sound()) > 0.05) / 48_000
    said = np.mean(np.abs(whole) > 0.05 * 32767)
    assert said * 0.98 < sounding < said * 1.1  # the decoder smooths each of the 24 edges; nothing is swallowed
    assert track.flush().seconds == 1.0


# -- what was said is what is heard


async def test_the_far_decoder_hears_the_right_pitch_at_the_right_level(player, tone, pitch) -> None:
    player.track.begin(1)
    await player.track.say(tone(440, 1.0), "아")
    player.track.end()
    await player.pull(60)
    sound = player.sound()
    assert pitch(sound, 48_000) == pytest.approx(440, abs=2)
    middle = sound[9_600:38_400]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.15)
    onset = int(np.argmax(np.abs(sound) > 0.1))
    assert onset < 0.015 * 48_000  # the codec's 6.5 ms and no more
    end = len(sound) - int(np.argmax(np.abs(sound[::-1]) > 0.1))
    assert end - onset == pytest.approx(48_000, abs=300)  # the last milliseconds are not swallowed


async def test_a_second_reply_sounds_like_the_first(player, tone) -> None:
    levels = []
    for reply in (1, 2):
        player.packets.clear()
        player.track.begin(reply)
        await player.track.say(tone(250, 0.5), "아")
        player.track.end()
        await player.pull(30)
        levels.append(float(np.sqrt(np.mean(player.sound() ** 2))))
    assert levels[1] == pytest.approx(levels[0], rel=0.01)


async def test_speech_arrives_over_a_real_connection_with_its_pitch_and_without_holes(connect, tone, pitch) -> None:
    track = SpeechTrack(Clock())
    out: Channel[AudioChunk] = Channel(1000, "drop_oldest")
    microphones: list[Microphone] = []

    def listen(remote, receiver) -> None:
        install(receiver)
        microphones.append(Microphone(remote, Clock(), out))

    await connect(track, on_track=listen)
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(microphones[0].run())
        track.begin(1)
        await track.say(tone(440, 1.0), "아")
        track.end()
        await track.wait_played()
        await asyncio.sleep(0.2)
        listening.cancel()
    sound = np.concatenate([chunk.samples for chunk in out.drain()])
    sounding = np.flatnonzero(np.abs(sound) > 0.05)
    first, last = sounding[0], sounding[-1]
    assert (last - first) / 16_000 == pytest.approx(1.0, abs=0.03)
    assert np.diff(sounding).max() < 0.005 * 16_000  # no hole inside
    assert pitch(sound[first:last], 16_000) == pytest.approx(440, abs=2)
    assert microphones[0].lost_seconds == 0.0


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
