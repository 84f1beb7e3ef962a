"""The far side of a benchmarked call, in a process of its own so that its work is not counted: a browser, about.

It sends one microphone of room noise and notes when each packet of the near side's voice arrives. It must not know
which track or buffer is measured. Run by the benchmarks; speaks one JSON line per question on stdin and stdout.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, CodecContext, Packet


class Room(MediaStreamTrack):
    """A quiet room at the far microphone: noise at −60 dB, encoded once and repeated, so this side costs little."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        encoder = CodecContext.create("libopus", "w")
        encoder.bit_rate, encoder.format, encoder.layout, encoder.sample_rate = 32_000, "s16", "mono", 48_000
        encoder.time_base = Fraction(1, 48_000)
        noise = (np.random.default_rng(1).standard_normal((250, 1, 960)) * 33).astype(np.int16)
        self._packets: list[bytes] = []
        for index, samples in enumerate(noise):
            frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, index * 960, Fraction(1, 48_000)
            self._packets += [bytes(packet) for packet in encoder.encode(frame)]
        self._index = 0
        self._began = time.monotonic()

    async def recv(self) -> Packet:
        await asyncio.sleep(max(0.0, self._began + self._index * 0.020 - time.monotonic()))
        packet = Packet(self._packets[self._index % len(self._packets)])
        packet.pts, packet.time_base = self._index * 960, Fraction(1, 48_000)
        self._index += 1
        return packet


async def _far() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTrack(Room())
    arrivals: list[float] = []
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await connection.setLocalDescription(await connection.createOffer())
    print(json.dumps({"sdp": connection.localDescription.sdp}), flush=True)
    answer = json.loads(await reader.readline())
    await connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
    receiver = connection.getReceivers()[0]
    handle = receiver._handle_rtp_packet

    async def noted(packet: object, arrival_time_ms: int) -> None:
        arrivals.append(time.monotonic())
        await handle(packet, arrival_time_ms=arrival_time_ms)

    receiver._handle_rtp_packet = noted

    async def drain() -> None:
        with suppress(MediaStreamError):
            while True:
                await receiver.track.recv()

    async with asyncio.TaskGroup() as tasks:
        draining = tasks.create_task(drain())
        while question := (await reader.readline()).decode().strip():
            if question == "arrivals":
                print(json.dumps(arrivals), flush=True)
            arrivals.clear()
        draining.cancel()
        await connection.close()


class FarEnd:
    """The benchmark's handle on that process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, question: dict[str, str] | str | None) -> object:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if question is not None:
            line = question if isinstance(question, str) else json.dumps(question)
            self._process.stdin.write(f"{line}\n".encode())
        if isinstance(question, dict) or question == "clear":
            return None
        return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def far_end() -> AsyncIterator[FarEnd]:
    """Start the far side; its first answer is `{"sdp": offer}`, then it wants `{"sdp": answer}`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        Path(__file__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )
    try:
        yield FarEnd(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def connect(far: FarEnd, near: RTCPeerConnection) -> None:
    """Let `near` answer the far side's offer and wait until the call is up."""
    offer = await far.ask(None)
    assert isinstance(offer, dict)
    up = asyncio.Event()

    @near.on("connectionstatechange")
    def changed() -> None:
        if near.connectionState == "connected":
            up.set()

    await near.setRemoteDescription(RTCSessionDescription(offer["sdp"], "offer"))
    await near.setLocalDescription(await near.createAnswer())
    await far.ask({"sdp": near.localDescription.sdp})
    async with asyncio.timeout(15):
        await up.wait()


if __name__ == "__main__":
    asyncio.run(_far())
