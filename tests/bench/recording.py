"""What recording costs: a minute of both voices and a camera muxed and sealed, as a share of a core.

Run by tests/bench/run.py. The camera's pictures come encoded, as over the wire.
"""

from __future__ import annotations

import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from media.film import FilmFrame, size_of
from media.mixing import RATE
from media.recording import Recording
from media.types import HEARING_RATE, AudioChunk
from storage.sealed import SealedWriter, new_key

Row = tuple[str, float, str, float | None]

SECONDS = 60
CHUNK = 512  # samples
FPS = 15
SIZE = (640, 360)


async def measure() -> list[Row]:
    film = _film()
    rng = np.random.default_rng(1)
    voice = (rng.normal(0, 0.1, CHUNK)).astype(np.float32)
    hers = (rng.normal(0, 3000, RATE // 50)).astype(np.int16)
    with tempfile.TemporaryDirectory() as folder:
        sink = SealedWriter(Path(folder) / "film", new_key())
        recording = Recording(sink, 0.0, SIZE)
        began, slowest = time.process_time(), 0.0
        for half in range(2 * SECONDS):
            start, end = half / 2, half / 2 + 0.5
            before = time.perf_counter()
            for number in range(int(start * HEARING_RATE / CHUNK), int(end * HEARING_RATE / CHUNK)):
                recording.hear(AudioChunk(number * CHUNK / HEARING_RATE, voice))
            for number in range(25):
                recording.speak(start + number / 50, hers)
            recording.write(end - 0.5, [one for one in film if start <= one.t < end])
            sink.flush()
            slowest = max(slowest, time.perf_counter() - before)
        recording.close()
        sink.close()
        spent = time.process_time() - began
        return [
            ("recording a call with a camera (on a worker)", spent / SECONDS, "core", None),
            ("… half a second of it, the slowest", 1000 * slowest, "ms", None),
            ("… file", sink.size / SECONDS / 1000, "kB a second", None),
        ]


def _film() -> list[FilmFrame]:
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height = SIZE
    codec.pix_fmt, codec.time_base, codec.bit_rate = "yuv420p", Fraction(1, FPS), 500_000
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": "150"}
    noise = np.random.default_rng(2).integers(0, 255, (SIZE[1], SIZE[0] * 2, 3), np.uint8)
    packets = []
    for number in range(SECONDS * FPS):
        picture = np.ascontiguousarray(noise[:, number % SIZE[0] : number % SIZE[0] + SIZE[0]])
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return [FilmFrame(number / FPS, data, size_of(data)) for number, data in enumerate(packets)]
