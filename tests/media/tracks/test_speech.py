"""The outgoing voice: paced, silent for nothing; and heard at the far end as it was said."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from av import CodecContext, Packet

from media.channel import Channel
from media.clock import Clock
from media.jitter import install
from media.opus import LONG_SILENCE, SILENCE
from media.tracks.microphone import Microphone
from media.tracks.speech import LULL_FRAMES, Pacer, SpeechTrack
from media.types import AudioChunk
from tests.media.tracks.player import spoken

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
