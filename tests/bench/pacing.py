"""How evenly the outgoing voice reaches a far end in another process, at rest and while the server's threads work.

The load is one worker in numpy (which lets go of the interpreter lock) and one in plain Python (which does not): a
harder neighbour than any of the models. Also what one spoken frame costs.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import numpy as np

SECONDS = 10.0
Row = tuple[str, float, str, float | None]


async def _gaps(busy: bool) -> list[float]:
    """Milliseconds between arrivals at the far end while SECONDS of speech are played."""
    from aiortc import RTCConfiguration, RTCPeerConnection
    from far_end import connect, far_end

    from media.clock import Clock
    from media.tracks.speech import SpeechTrack
    from media.worker import Worker

    near, track = RTCPeerConnection(RTCConfiguration(iceServers=[])), SpeechTrack(Clock())
    near.addTrack(track)
    working = True
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((600, 600)).astype(np.float32)

    def multiply() -> None:
        while working:
            matrix @ matrix

    def count() -> None:
        while working:
            sum(range(10_000))

    async with far_end() as far, asyncio.TaskGroup() as tasks:
        await connect(far, near)
        await asyncio.sleep(1.0)
        workers = [Worker("numpy"), Worker("python")]
        if busy:
            tasks.create_task(workers[0].run(multiply))
            tasks.create_task(workers[1].run(count))
        track.begin(1)
        await far.ask("clear")
        second = (rng.standard_normal(24_000) * 3_000).astype(np.int16)
        for _ in range(round(SECONDS)):
            await track.say(second, "소음")
        track.end()
        await track.wait_played()
        arrivals = await far.ask("arrivals")
        working = False
        for worker in workers:
            worker.close()
        await near.close()
    return [1e3 * float(gap) for gap in np.diff(np.asarray(arrivals))]


def _frame_cost() -> float:
    """Microseconds of CPU for one frame of speech-like noise."""
    from media.opus import FRAME_SAMPLES, SpeechEncoder

    encoder = SpeechEncoder()
    frames = (np.random.default_rng(1).standard_normal((500, FRAME_SAMPLES)) * 3_000).astype(np.int16)
    encoder.encode(frames[0])
    began = time.thread_time()
    for frame in frames:
        encoder.encode(frame)
    return 1e6 * (time.thread_time() - began) / len(frames)


async def measure() -> list[Row]:
    """(name, value, unit, target); each call in a process of its own, on uvloop as the server runs."""
    rows: list[Row] = [("one frame of speech to Opus (20 ms, CPU)", _frame_cost(), "µs", None)]
    for name, flag in (("at rest", "rest"), ("two busy workers", "busy")):
        process = await asyncio.create_subprocess_exec(
            sys.executable, Path(__file__), flag, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        gaps = json.loads(out)
        rows += [
            (f"gap between voice packets, {name}: p50", float(np.percentile(gaps, 50)), "ms", None),
            (f"gap between voice packets, {name}: p99", float(np.percentile(gaps, 99)), "ms", None),
            (f"gap between voice packets, {name}: longest", max(gaps), "ms", 60.0),
        ]
    return rows


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    if len(sys.argv) > 1:
        import uvloop

        print(json.dumps(uvloop.run(_gaps(sys.argv[1] == "busy"))))
    else:
        for row in asyncio.run(measure()):
            print(row)
