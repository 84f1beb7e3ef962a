"""What one call costs the server while nobody speaks, against aiortc's own way of doing it, in the same run.

Each variant is a process of its own that is measured from inside (user + system time of the whole process); the far
side is another one. What a listener costs (voice activity detection) is not in here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

SECONDS = 15.0
ROUNDS = 2
VARIANTS = ("stock", "ours", "ours+uvloop")
Row = tuple[str, float, str, float | None]


async def _near(variant: str) -> float:
    """Share of a core that one idle call takes in this process."""
    from aiortc import AudioStreamTrack, MediaStreamTrack, RTCConfiguration, RTCPeerConnection
    from aiortc.mediastreams import MediaStreamError
    from far_end import connect, far_end

    from media.channel import Channel
    from media.clock import Clock
    from media.jitter import install
    from media.tracks.microphone import Microphone
    from media.tracks.speech import SpeechTrack
    from media.types import AudioChunk

    clock, near = Clock(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    stock = variant == "stock"
    near.addTrack(AudioStreamTrack() if stock else SpeechTrack(clock))
    chunks: Channel[AudioChunk] = Channel(31, "drop_oldest")

    async def drain(track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                await track.recv()

    async with far_end() as far, asyncio.TaskGroup() as tasks:

        @near.on("track")
        def arrived(track: MediaStreamTrack) -> None:
            if stock:
                running.append(tasks.create_task(drain(track)))
                return
            receiver = next(receiver for receiver in near.getReceivers() if receiver.track is track)
            install(receiver)
            running.append(tasks.create_task(Microphone(track, clock, chunks).run()))
            running.append(tasks.create_task(listen()))

        async def listen() -> None:
            async for _ in chunks:
                pass

        running: list[asyncio.Task[None]] = []
        await connect(far, near)
        await asyncio.sleep(2.0)
        cpu, wall = time.process_time(), time.monotonic()
        await asyncio.sleep(SECONDS)
        share = (time.process_time() - cpu) / (time.monotonic() - wall)
        await near.close()
        for task in running:
            task.cancel()
    return share


async def _measured(variant: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, Path(__file__), variant, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return float(json.loads(out))


def _chunk_cost() -> float:
    """Microseconds of CPU for 32 ms of microphone, from decoded frame to chunk."""
    from media.tracks.microphone import Chunker

    chunker, sound = Chunker(), np.zeros(960, np.float32)
    began = time.thread_time()
    chunks = sum(len(chunker.push(960 * i, sound, 0.02 * i)) for i in range(3200))
    return 1e6 * (time.thread_time() - began) / chunks


async def measure() -> list[Row]:
    """(name, value, unit, target): the median of ROUNDS interleaved runs of each variant."""
    shares: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for _ in range(ROUNDS):
        for variant in VARIANTS:
            shares[variant].append(await _measured(variant))
    median = {variant: float(np.median(values)) for variant, values in shares.items()}
    return [
        ("one chunk of microphone to 16 kHz (32 ms, CPU)", _chunk_cost(), "µs", None),
        ("idle call, aiortc's own tracks", median["stock"], "core", None),
        ("idle call, our tracks", median["ours"], "core", None),
        ("idle call, our tracks on uvloop", median["ours+uvloop"], "core", 0.045),
        ("idle call, ours on uvloop ÷ aiortc's own", median["ours+uvloop"] / median["stock"], "×", None),
    ]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    if len(sys.argv) > 1:
        if sys.argv[1].endswith("uvloop"):
            import uvloop

            print(json.dumps(uvloop.run(_near(sys.argv[1]))))
        else:
            print(json.dumps(asyncio.run(_near(sys.argv[1]))))
    else:
        for row in asyncio.run(measure()):
            print(row)
