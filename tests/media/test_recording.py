"""What is recorded plays: the person on the left, her on the right, the pictures as they came; whole or cut off."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from media.film import Film, FilmFrame, size_of
from media.mixing import RATE
from media.recording import Recording, mend
from media.types import HEARING_RATE, AudioChunk, Wave

SECONDS = 6
BEGINS = 10.0
SIZE = (320, 240)


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    """Six seconds of a picture that grows brighter, 15 a second, as VP8; a whole one every second."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height = SIZE
    codec.pix_fmt, codec.time_base, codec.framerate = "yuv420p", Fraction(1, 15), Fraction(15)
    codec.options = {"deadline": "realtime", "g": "15", "lag-in-frames": "0"}
    packets = []
    for number in range(SECONDS * 15):
        frame = av.VideoFrame.from_ndarray(np.full((240, 320, 3), 40 + number * 2, np.uint8), format="rgb24")
        frame.pts = number
        packets += codec.encode(frame)
    return [bytes(packet) for packet in [*packets, *codec.encode(None)]]


def film(pictures: list[bytes]) -> list[FilmFrame]:
    return [FilmFrame(BEGINS + number / 15, data, size_of(data)) for number, data in enumerate(pictures)]


def sine(hertz: float, start: float, length: int, rate: int) -> Wave:
    return (0.3 * np.sin(2 * np.pi * hertz * (start + np.arange(length) / rate))).astype(np.float32)


def record(sink: Any, frames: list[FilmFrame], size: tuple[int, int] | None, close: bool = True) -> Recording:
    """440 Hz of the person's all along, 880 Hz of hers from the third second on."""
    recording = Recording(sink, BEGINS, size)
    for number in range(SECONDS * 50):
        t = number * 0.020
        recording.hear(AudioChunk(BEGINS + t, sine(440, t, HEARING_RATE // 50, HEARING_RATE)))
        if t >= 3:
            recording.speak(BEGINS + t, (sine(880, t, RATE // 50, RATE) * 32767).astype(np.int16))
        if number % 25 == 24:
            upto = BEGINS + t - 0.5
            recording.write(upto, [one for one in frames if upto - 0.5 <= one.t < upto])
    recording.write(BEGINS + SECONDS, [one for one in frames if one.t >= upto])
    if close:
        recording.close()
    return recording


def sound_of(data: bytes) -> tuple[np.ndarray, int]:
    with av.open(io.BytesIO(data)) as file:
        frames = list(file.decode(audio=0))
        return np.concatenate([frame.to_ndarray().T for frame in frames]), frames[0].sample_rate


def loudest(sound: np.ndarray, rate: int) -> int:
    """Hz."""
    return int(np.argmax(np.abs(np.fft.rfft(sound))) * rate / len(sound))


def test_each_voice_is_on_its_own_side_at_its_own_time(pictures: list[bytes]) -> None:
    sink = io.BytesIO()
    recording = record(sink, film(pictures), SIZE)
    sound, rate = sound_of(sink.getvalue())
    assert recording.seconds == pytest.approx(SECONDS, abs=0.03)
    assert len(sound) / rate == pytest.approx(SECONDS, abs=0.05)
    early, late = sound[rate : 2 * rate], sound[4 * rate : 5 * rate]
    assert loudest(early[:, 0], rate) == loudest(late[:, 0], rate) == 440
    assert loudest(late[:, 1], rate) == 880
    assert np.abs(early[:, 1]).max() < 1e-3
    began = np.flatnonzero(np.abs(sound[:, 1]) > 0.1)[0] / rate
    assert began == pytest.approx(3.0, abs=0.03)


def test_the_pictures_are_the_ones_that_came_and_in_step_with_the_sound(pictures: list[bytes]) -> None:
    sink = io.BytesIO()
    record(sink, film(pictures), SIZE)
    with av.open(io.BytesIO(sink.getvalue())) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
        assert [bytes(packet) for packet in packets] == pictures
        assert [float(packet.pts * packet.time_base) for packet in packets] == pytest.approx(
            [number / 15 for number in range(len(pictures))], abs=0.002
        )
        assert file.duration / 1e6 == pytest.approx(SECONDS, abs=0.1)
    with av.open(io.BytesIO(sink.getvalue())) as file:
        file.seek(int(4.0 * 1e6))  # it has an index
        frame = next(file.decode(video=0))
        assert frame.time == pytest.approx(4.0, abs=1.01)
        assert frame.to_ndarray(format="gray").mean() == pytest.approx(40 + frame.time * 30, abs=25)


def test_without_a_camera_it_is_sound_alone() -> None:
    sink = io.BytesIO()
    record(sink, [], None)
    with av.open(io.BytesIO(sink.getvalue())) as file:
        assert [stream.type for stream in file.streams] == ["audio"]


def test_one_that_was_cut_off_plays_up_to_a_second_or_two_before(pictures: list[bytes]) -> None:
    sink = io.BytesIO()
    record(sink, film(pictures), SIZE, close=False)
    sound, rate = sound_of(sink.getvalue())
    assert len(sound) / rate > SECONDS - 2.1
    assert loudest(sound[rate : 2 * rate, 0], rate) == 440


def test_one_that_was_cut_off_is_made_whole_without_touching_its_pictures(pictures: list[bytes]) -> None:
    cut, sink = io.BytesIO(), io.BytesIO()
    record(cut, film(pictures), SIZE, close=False)
    for torn in (len(cut.getvalue()), len(cut.getvalue()) - 1000):
        sink = io.BytesIO()
        seconds = mend(io.BytesIO(cut.getvalue()[:torn]), sink)
        assert seconds > SECONDS - 2.1
        with av.open(io.BytesIO(sink.getvalue())) as file:
            assert file.duration / 1e6 == pytest.approx(seconds, abs=0.1)
            there = [bytes(packet) for packet in file.demux(video=0) if packet.size]
        assert there == pictures[: len(there)]
        assert len(there) > (SECONDS - 2) * 15
    with pytest.raises(av.FFmpegError):
        mend(io.BytesIO(b"no recording at all" * 100), io.BytesIO())


def test_a_recording_of_nothing_closes_in_peace() -> None:
    sink = io.BytesIO()
    Recording(sink, 3.0, SIZE).close()


def test_the_size_of_a_whole_picture_is_read_from_it(pictures: list[bytes]) -> None:
    assert size_of(pictures[0]) == SIZE
    assert sum(size_of(one) is not None for one in pictures) == SECONDS
    for rubbish in (b"", b"\0", b"\0" * 20, bytes(range(20))):
        assert size_of(rubbish) is None


def gather(
    pictures: list[bytes], lost: set[int], wants: bool = True, first: int = 0
) -> tuple[list[FilmFrame], list[int]]:
    """What a film delivers of the pictures, those after a loss marked; and for which a whole one was asked."""
    kept: list[FilmFrame] = []

    def deliver(frame: FilmFrame) -> bool:
        if wants and frame.data:
            kept.append(frame)
        return wants

    reel, asked = Film(deliver), []
    for number, data in enumerate(pictures[first:], first):
        if number in lost:
            continue
        if reel.push(data, (4294960000 + number * 6000) % 2**32, number - 1 in lost, 5.0 + number / 15):
            asked.append(number)
    return kept, asked


def test_after_a_loss_nothing_is_kept_before_the_next_whole_picture(pictures: list[bytes]) -> None:
    kept, asked = gather(pictures, lost={20})
    assert [one.data for one in kept] == pictures[:20] + pictures[30:]
    assert asked == [21]


def test_who_comes_in_the_middle_asks_for_a_whole_picture_and_begins_with_it(pictures: list[bytes]) -> None:
    kept, asked = gather(pictures, lost=set(), first=7)
    assert kept[0].whole
    assert kept[0].data == pictures[15]
    assert asked == [7]


def test_who_wants_nothing_asks_for_nothing(pictures: list[bytes]) -> None:
    assert gather(pictures, lost={3}, wants=False) == ([], [])


def test_pictures_are_stamped_evenly_although_their_counter_starts_anew(pictures: list[bytes]) -> None:
    kept, _ = gather(pictures, lost=set())
    steps = np.diff([one.t for one in kept])
    assert steps[2:] == pytest.approx(1 / 15, abs=0.002)
