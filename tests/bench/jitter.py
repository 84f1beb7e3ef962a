"""Delay and loss of the speech jitter buffer against aiortc's own, over the same simulated network.

20 ms packets, each lost with a given chance and delayed by 0–30 ms independently. Simulated time: no clock is read.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

PACKETS = 50_000
JITTER = 0.030  # s
Row = tuple[str, float, str, float | None]


class _Packet:
    """What either buffer reads of an RTP packet."""

    def __init__(self, number: int) -> None:
        self.sequence_number, self.ssrc, self.payload_type = number & 0xFFFF, 1, 111
        self.timestamp, self._data = number * 960, b"x"


def _stock() -> Callable[[_Packet], list[int]]:
    from aiortc.jitterbuffer import JitterBuffer

    buffer = JitterBuffer(capacity=16, prefetch=4)

    def add(packet: _Packet) -> list[int]:
        frame = buffer.add(packet)[1]
        return [] if frame is None else [frame.timestamp // 960]

    return add


def _ours() -> Callable[[_Packet], list[int]]:
    from media.jitter import SpeechJitterBuffer

    ready: list[int] = []
    buffer = SpeechJitterBuffer(lambda _, frame: ready.append(frame.timestamp // 960))

    def add(packet: _Packet) -> list[int]:
        ready.clear()
        buffer.add(packet)
        return list(ready)

    return add


def _simulate(add: Callable[[_Packet], list[int]], loss: float) -> tuple[float, float, float]:
    """Share lost, mean and 99th percentile of the delay from sending to release (ms)."""
    rng = np.random.default_rng(1)
    sent = np.arange(PACKETS) * 0.020
    arrival = sent + rng.uniform(0, JITTER, PACKETS)
    order = np.argsort(arrival)
    arriving = order[rng.random(PACKETS) >= loss]
    delays = [arrival[number] - sent[out] for number in arriving for out in add(_Packet(int(number)))]
    return 1 - len(delays) / PACKETS, 1e3 * float(np.mean(delays)), 1e3 * float(np.percentile(delays, 99))


async def measure() -> list[Row]:
    """(name, value, unit, target)"""
    rows: list[Row] = []
    for loss, most in ((0.0, None), (0.01, 1.6), (0.05, 6.0)):
        for name, make in (("aiortc", _stock), ("ours", _ours)):
            lost, mean, p99 = _simulate(make(), loss)
            case = f"jitter buffer, {name}, 30 ms jitter, {100 * loss:g} % loss"
            rows += [
                (f"{case}: lost", 100 * lost, "%", most if name == "ours" else None),
                (f"{case}: mean delay", mean, "ms", 20.0 if name == "ours" else None),
                (f"{case}: p99 delay", p99, "ms", 50.0 if name == "ours" else None),
            ]
    return rows


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    for row in asyncio.run(measure()):
        print(row)
