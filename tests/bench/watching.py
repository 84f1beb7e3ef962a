"""Two hundred watchers of one call's face: whether her sound notices, how late the readings come, what it costs.

The server, the call's peer and the watchers are processes of their own. The call is seen by landmarks that its client
sends, 15 a second. The same call is measured before without a watcher, in the same run.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import aiohttp
import numpy as np
import psutil

Row = tuple[str, float, str, float | None]
WATCHERS = 200
SECONDS = 12.0
RATE = 15.0


async def measure() -> list[Row]:
    """(name, value, unit, target)."""
    from signaling.headless import HeadlessPeer
    from tests import servers

    with tempfile.TemporaryDirectory() as folder:
        server = servers.start(Path(folder))
        try:
            server.wait_ready()
            process = psutil.Process(server.process.pid)
            async with HeadlessPeer(server.url) as peer:
                await peer.greeted(timeout=60)
                before = await _listen(peer, process)
                watching = await asyncio.create_subprocess_exec(
                    sys.executable, Path(__file__), server.url, peer.call["call_id"],
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                )  # fmt: skip
                assert watching.stdout is not None
                await watching.stdout.readline()
                during = await _listen(peer, process)
                out, _ = await watching.communicate(b"stop\n")
        finally:
            server.stop()
    told = json.loads(out)
    late = np.asarray(told["late"]) * 1000
    return [
        ("gap between frames of her sound, nobody watches: p99", 1000 * before[0], "ms", None),
        ("… longest", 1000 * before[1], "ms", 60.0),
        (f"gap between frames of her sound, {WATCHERS} watchers: p99", 1000 * during[0], "ms", None),
        ("… longest", 1000 * during[1], "ms", 60.0),
        ("a picture sent → its reading at a watcher: p50", float(np.percentile(late, 50)), "ms", None),
        ("… p99", float(np.percentile(late, 99)), "ms", None),
        ("readings that came, of those that each watcher should have", 100 * told["share"], "%", None),
        ("one reading with its landmarks", told["bytes"] / 1000, "kB", None),
        ("server CPU without a watcher", before[2], "core", None),
        (f"… with {WATCHERS}", during[2], "core", None),
    ]


async def _listen(peer: object, process: psutil.Process) -> tuple[float, float, float]:
    """p99 and longest gap (s) between received frames, and the server's CPU (cores), over SECONDS."""
    since, cpu, began = peer.clock.now(), process.cpu_times(), time.monotonic()
    await asyncio.sleep(SECONDS)
    used, lasted = process.cpu_times(), time.monotonic() - began
    arrivals = [at for at, _ in peer.received if at >= since]
    gaps = sorted(later - sooner for sooner, later in pairwise(arrivals))
    return gaps[int(0.99 * len(gaps))], gaps[-1], (used.user + used.system - cpu.user - cpu.system) / lasted


async def _watch(url: str, call_id: str) -> None:
    """The watchers' process: one line when all are in, at the end of stdin the figures."""
    from signaling import landmarks
    from tests.analysis.faces import face

    made = face(0.0)
    shapes = [dict(made.blendshapes).get(name, 0.0) for name in landmarks.BLENDSHAPES]
    picture = {"type": "landmarks", "points": landmarks.write_points(made.landmarks), "blendshapes": shapes,
               "matrix": made.matrix.T.ravel().tolist()}  # fmt: skip
    late: list[float] = []
    sent: list[float] = []
    counts = [0] * WATCHERS
    size = 0
    everybody = asyncio.Semaphore(0)

    async def watch(number: int, http: aiohttp.ClientSession) -> None:
        nonlocal size
        async with http.ws_connect(f"{url}/ws/landmarks", max_msg_size=1 << 20) as ws:
            await ws.send_json({"type": "hello", "mode": "watch", "call_id": call_id})
            await ws.receive()
            everybody.release()
            async for message in ws:
                if '"reading"' in message.data[:60] and sent:
                    counts[number] += 1
                    if number % 20 == 0:  # a tenth of them look at their watch
                        late.append(time.monotonic() - sent[-1])
                    size = len(message.data)

    async def drain(ws: aiohttp.ClientWebSocketResponse) -> None:
        async for _ in ws:
            pass

    async def send(http: aiohttp.ClientSession) -> None:
        async with http.ws_connect(f"{url}/ws/landmarks", max_msg_size=1 << 20) as ws:
            hello = {"type": "hello", "mode": "send", "call_id": call_id, "width": 640, "height": 480}
            await ws.send_json(hello)
            await ws.receive()
            tasks.create_task(drain(ws))
            began = time.monotonic()
            while True:
                await asyncio.sleep(max(0.0, began + len(sent) / RATE - time.monotonic()))
                text = json.dumps({**picture, "t": time.monotonic()})
                sent.append(time.monotonic())
                await ws.send_str(text)

    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        asyncio.TaskGroup() as tasks,
    ):
        running = [tasks.create_task(watch(number, http)) for number in range(WATCHERS)]
        for _ in running:
            await everybody.acquire()
        running.append(tasks.create_task(send(http)))
        await asyncio.sleep(1.0)
        print("ready", flush=True)
        await reader.readline()
        for task in running:
            task.cancel()
    share = sum(counts) / WATCHERS / max(1, len(sent))
    print(json.dumps({"late": late, "share": share, "bytes": size}))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    if len(sys.argv) > 1:
        import uvloop

        uvloop.run(_watch(*sys.argv[1:]))
    else:
        for row in asyncio.run(measure()):
            print(row)
