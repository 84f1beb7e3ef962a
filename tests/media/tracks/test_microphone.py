"""The microphone: even chunks, the right pitch, call-time stamps; holes are filled, marked and bounded."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from media.channel import Channel
from media.clock import Clock
from media.jitter import install
from media.tracks.microphone import Chunker, Microphone
from media.tracks.speech import SpeechTrack
from media.types import AudioChunk

FRAME = 960  # samples of 20 ms at 48 kHz
DELAY = 95 / 2 / 48_000  # s, of the low-pass filter


def chunks_of(sound: np.ndarray, lose: range = range(0), at: float = 0.0) -> tuple[list[AudioChunk], Chunker]:
    """`sound` (48 kHz) in 20 ms frames, each arriving as its last sample is spoken; frames in `lose` never come."""
    chunker = Chunker()
    chunks: list[AudioChunk] = []
    for index, start in enumerate(range(0, len(sound) - FRAME + 1, FRAME)):
        if index not in lose:
            chunks += chunker.push(start, sound[start : start + FRAME], at + (start + FRAME) / 48_000)
    return chunks, chunker


def test_chunks_are_512_samples_of_16_khz_one_after_the_other(sine) -> None:
    chunks, chunker = chunks_of(sine(440, 2.0, 48_000), at=7.0)
    assert {len(chunk.samples) for chunk in chunks} == {512}
    assert {chunk.samples.dtype for chunk in chunks} == {np.dtype(np.float32)}
    assert [chunk.start for chunk in chunks] == pytest.approx([7.0 - DELAY + 0.032 * i for i in range(len(chunks))])
    assert not any(chunk.lost for chunk in chunks)
    assert (chunker.lost, chunker.anchors) == (0, 1)


def test_the_sound_keeps_its_pitch_and_level_and_its_place(sine, pitch) -> None:
    sound = sine(440, 2.0, 48_000)
    chunks, _ = chunks_of(sound)
    heard = np.concatenate([chunk.samples for chunk in chunks])
    assert pitch(heard, 16_000) == pytest.approx(440, abs=0.2)
    expected = 0.3 * np.sin(2 * np.pi * 440 * (np.arange(len(heard)) / 16_000 + chunks[0].start))
    assert np.abs(heard[100:] - expected[100:]).max() < 0.003


@pytest.mark.parametrize(("hertz", "gain"), [(100, 1.0), (3_000, 1.0), (6_900, 1.0), (9_100, 0.0), (15_000, 0.0)])
def test_speech_passes_and_what_would_alias_does_not(sine, hertz: int, gain: float) -> None:
    heard = np.concatenate([chunk.samples for chunk in chunks_of(sine(hertz, 1.0, 48_000))[0]])[200:]
    assert np.sqrt(np.mean(heard**2)) * np.sqrt(2) / 0.3 == pytest.approx(gain, abs=0.01)


def test_a_hole_is_filled_with_marked_silence_and_everything_after_it_is_in_place(sine) -> None:
    sound = sine(440, 2.0, 48_000)
    whole, _ = chunks_of(sound)
    holed, chunker = chunks_of(sound, lose=range(30, 40))  # 0.6–0.8 s
    assert [chunk.start for chunk in holed] == pytest.approx([chunk.start for chunk in whole])
    assert chunker.lost == 10 * FRAME
    lost = [chunk for chunk in holed if chunk.lost]
    assert lost[0].start == pytest.approx(0.6, abs=0.020)
    assert lost[-1].span.end == pytest.approx(0.8, abs=0.020)
    assert len(lost) in (6, 7)
    assert all(np.abs(chunk.samples).max() == 0.0 for chunk in lost[1:-1])
    assert np.array_equal(holed[-1].samples, whole[-1].samples)


def test_one_lost_frame_marks_at_most_the_chunk_it_is_most_of(sine) -> None:
    for place in range(20, 40):
        holed, chunker = chunks_of(sine(440, 2.0, 48_000), lose=range(place, place + 1))
        assert sum(chunk.lost for chunk in holed) <= 1
        assert chunker.lost == FRAME


def test_a_long_hole_is_filled_for_a_second_and_then_the_stamps_jump(sine) -> None:
    sound = sine(440, 8.0, 48_000)
    chunks, chunker = chunks_of(sound, lose=range(50, 250))  # 1–5 s
    assert chunker.lost == 48_000
    assert chunker.anchors == 2
    steps = np.diff([chunk.start for chunk in chunks])
    jump = int(np.argmax(steps))
    assert chunks[jump].lost
    assert chunks[jump].start == pytest.approx(2.0, abs=0.064)
    assert chunks[jump + 1].start == pytest.approx(5.0, abs=0.001)
    assert not chunks[jump + 1].lost


def test_a_sender_that_starts_again_from_zero_is_placed_by_its_arrival(sine) -> None:
    chunker, sound = Chunker(), sine(440, 1.0, 48_000)
    for start in range(0, 48_000, FRAME):
        chunker.push(90_000_000 + start, sound[start : start + FRAME], (start + FRAME) / 48_000)
    again = [
        chunk
        for start in range(0, 48_000, FRAME)
        for chunk in chunker.push(start, sound[start : start + FRAME], 3.0 + (start + FRAME) / 48_000)
    ]
    assert again[0].start == pytest.approx(3.0 - DELAY)
    assert chunker.lost == 0


def test_late_packets_do_not_shift_the_stamps(sine) -> None:
    rng, chunker, sound = np.random.default_rng(1), Chunker(), sine(440, 4.0, 48_000)
    chunks = [
        chunk
        for start in range(0, len(sound), FRAME)
        for chunk in chunker.push(start, sound[start : start + FRAME], (start + FRAME) / 48_000 + rng.uniform(0, 0.05))
    ]
    settled = chunks[len(chunks) // 2 :]
    ideal = [0.032 * (len(chunks) // 2 + i) - DELAY for i in range(len(settled))]
    assert [chunk.start for chunk in settled] == pytest.approx(ideal, abs=0.005)


class Played(MediaStreamTrack):
    """A remote track whose frames are all there, and which then ends."""

    kind = "audio"

    def __init__(self, frames: list[AudioFrame]) -> None:
        super().__init__()
        self._frames = iter(frames)

    async def recv(self) -> AudioFrame:
        frame = next(self._frames, None)
        if frame is None:
            raise MediaStreamError
        return frame


def frames_of(sound: np.ndarray, rate: int, layout: str) -> list[AudioFrame]:
    frames, size = [], rate // 50
    for start in range(0, len(sound) - size + 1, size):
        mono = (sound[start : start + size] * 32767).astype(np.int16)
        packed = np.repeat(mono, 2) if layout == "stereo" else mono
        frame = AudioFrame.from_ndarray(packed[np.newaxis], format="s16", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("rate", "layout"), [(48_000, "stereo"), (48_000, "mono"), (8_000, "mono"), (16_000, "mono")])
async def test_every_codec_the_peer_may_choose_is_brought_to_16_khz_mono(sine, pitch, rate: int, layout: str) -> None:
    out: Channel[AudioChunk] = Channel(1000, "drop_oldest")
    microphone = Microphone(Played(frames_of(sine(440, 2.0, rate), rate, layout)), Clock(), out)
    await microphone.run()
    heard = np.concatenate([chunk.samples for chunk in out.drain()])
    assert len(heard) / 16_000 == pytest.approx(2.0, abs=0.05)
    assert pitch(heard, 16_000) == pytest.approx(440, abs=0.5)
    assert np.abs(heard[2_000:-2_000]).max() == pytest.approx(0.3, abs=0.01)
    assert microphone.lost_seconds == 0.0
    assert microphone.frames == 100


async def test_a_track_that_ends_leaves_the_channel_open_for_the_next_one(sine) -> None:
    out: Channel[AudioChunk] = Channel(1000, "drop_oldest")
    await Microphone(Played(frames_of(sine(440, 0.1, 48_000), 48_000, "stereo")), Clock(), out).run()
    assert not out.closed
    assert len(out) == 3


async def test_a_listener_that_does_not_listen_never_stops_the_draining(sine) -> None:
    out: Channel[AudioChunk] = Channel(31, "drop_oldest")
    microphone = Microphone(Played(frames_of(sine(440, 10.0, 48_000), 48_000, "stereo")), Clock(), out)
    async with asyncio.timeout(5):
        await microphone.run()
    assert microphone.frames == 500
    assert len(out) == 31
    assert out.dropped == 312 - 31


async def test_packets_lost_on_a_real_connection_are_marked_and_the_sound_goes_on(connect) -> None:
    out: Channel[AudioChunk] = Channel(1000, "drop_oldest")
    microphones: list[Microphone] = []

    def listen(remote, receiver) -> None:
        install(receiver)
        microphones.append(Microphone(remote, Clock(), out))

    call = await connect(SpeechTrack(Clock()), on_track=listen)
    seen = 0

    def lose_five(packet: bytes) -> list[bytes]:
        nonlocal seen
        seen += 1
        return [] if 20 <= seen < 25 else [packet]

    call.impair(lose_five)
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(microphones[0].run())
        await asyncio.sleep(1.0)
        listening.cancel()
    chunks = out.drain()
    assert microphones[0].lost_seconds == pytest.approx(0.100)
    assert sum(chunk.lost for chunk in chunks) in (2, 3, 4)
    assert not chunks[-1].lost
    assert max(np.diff([chunk.start for chunk in chunks])) < 0.033
