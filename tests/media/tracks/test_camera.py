"""The camera: always drained, thinned to a rate, newest first, stamped with the moment the picture was taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from aiortc import MediaStreamTrack, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from media.channel import Channel
from media.clock import Clock, ManualClock
from media.tracks.camera import Camera, Thinning
from media.types import Picture


@pytest.mark.parametrize(
    ("source", "wanted", "taken"),
    [(30, 15, 15), (15, 15, 15), (10, 15, 10), (24, 15, 15), (60, 15, 15), (30, 5, 5), (29.97, 15, 15)],
)
def test_pictures_are_thinned_evenly(source: float, wanted: float, taken: float) -> None:
    rng, thinning = np.random.default_rng(1), Thinning(wanted)
    times = [i / source + rng.uniform(-0.002, 0.002) for i in range(round(20 * source))]
    kept = [t for t in times if thinning.take(t, 1 / source)]
    assert len(kept) / 20 == pytest.approx(taken, rel=0.02)
    assert max(np.diff(kept)) < 1 / taken + 1 / source + 0.01


def test_jitter_never_makes_a_regular_camera_irregular() -> None:
    rng, thinning = np.random.default_rng(1), Thinning(15)
    taken = [i for i in range(600) if thinning.take(i / 30 + rng.uniform(-0.01, 0.01), 1 / 30)]
    assert taken == list(range(0, 600, 2))


def test_a_camera_that_was_away_begins_anew_without_a_burst() -> None:
    thinning = Thinning(10)
    assert thinning.take(0.0, 0.05)
    kept = [t for t in np.arange(60.0, 61.0, 0.05) if thinning.take(float(t), 0.05)]
    assert len(kept) == 10


class Played(MediaStreamTrack):
    """A remote camera: each frame arrives when the next one's first packet does; then the track ends."""

    kind = "video"

    def __init__(self, clock: ManualClock, frames: list[VideoFrame], delay: Callable[[int], float]) -> None:
        super().__init__()
        self._clock, self._frames, self._delay, self._index = clock, frames, delay, 0

    async def recv(self) -> VideoFrame:
        if self._index == len(self._frames):
            raise MediaStreamError
        frame = self._frames[self._index]
        self._index += 1
        assert frame.time is not None
        self._clock.advance_to(frame.time + 1 / 30 + self._delay(self._index))
        return frame


def frames(count: int, size: Callable[[int], tuple[int, int]] = lambda _: (64, 48)) -> list[VideoFrame]:
    made = []
    for index in range(count):
        width, height = size(index)
        frame = VideoFrame.from_ndarray(np.full((height, width, 3), index, np.uint8), format="rgb24")
        frame.pts, frame.time_base = index * 3000, Fraction(1, 90_000)
        made.append(frame)
    return made


async def test_a_slow_watcher_gets_the_newest_picture() -> None:
    clock, out = ManualClock(), Channel[Picture](1, "drop_oldest")
    camera = Camera(Played(clock, frames(61), lambda _: 0.0), clock, out)
    await camera.run()
    pictures = out.drain()
    assert [int(picture.rgb()[0, 0, 0]) for picture in pictures] == [60]
    assert (camera.received, camera.offered, out.dropped) == (61, 31, 30)
    assert not out.closed  # a call may get another camera


async def test_pictures_are_stamped_with_the_time_they_were_taken_not_released() -> None:
    rng, clock, out = np.random.default_rng(1), ManualClock(), Channel[Picture](1000, "drop_oldest")
    await Camera(Played(clock, frames(240), lambda _: rng.uniform(0, 0.02)), clock, out).run()
    pictures = out.drain()
    taken = [int(picture.rgb()[0, 0, 0]) for picture in pictures[60:]]
    shown = [picture.t * 30 - index for picture, index in zip(pictures[60:], taken, strict=True)]
    assert shown == pytest.approx([0.0] * len(shown), abs=0.1)


async def test_stamps_never_go_back_even_when_the_estimate_of_the_delay_does() -> None:
    clock, out = ManualClock(), Channel[Picture](1000, "drop_oldest")
    await Camera(Played(clock, frames(60), lambda i: 0.5 if i < 10 else 0.0), clock, out, rate=30).run()
    assert min(np.diff([picture.t for picture in out.drain()])) > 0


async def test_a_picture_may_change_its_size_while_the_call_runs() -> None:
    clock, out = ManualClock(), Channel[Picture](1000, "drop_oldest")
    turned = frames(60, lambda index: (64, 48) if index < 30 else (48, 64))
    await Camera(Played(clock, turned, lambda _: 0.0), clock, out).run()
    shapes = [picture.rgb().shape for picture in out.drain()]
    assert (shapes[0], shapes[-1]) == ((48, 64, 3), (64, 48, 3))


async def test_a_real_camera_over_a_real_connection_is_drained_and_thinned(connect) -> None:
    clock, out = Clock(), Channel[Picture](1000, "drop_oldest")
    cameras: list[Camera] = []
    await connect(VideoStreamTrack(), on_track=lambda track, _: cameras.append(Camera(track, clock, out)))
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(cameras[0].run())
        await asyncio.sleep(1.5)
        watching.cancel()
    pictures = out.drain()
    assert cameras[0].received > 1.5 * cameras[0].offered
    assert len(pictures) == cameras[0].offered > 5
    assert pictures[-1].rgb().shape == (480, 640, 3)
