"""The outgoing track pulled by hand, as aiortc would, and what a far end hears of it."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import numpy as np
from av import CodecContext, Packet

from media.clock import ManualClock
from media.opus import SILENCE
from media.tracks.speech import SpeechTrack


class Player:
    """A track pulled by hand: every `pull` is 20 ms of call time."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.track = SpeechTrack(self.clock)
        self.packets: list[bytes] = []

    async def pull(self, frames: int) -> list[bytes]:
        got = []
        for _ in range(frames):
            got.append(bytes(await self.track.recv()))
            self.clock.advance_to(self.clock.now() + 0.020)
            await asyncio.sleep(0)  # whoever waits for room may go on
        self.packets += got
        return got

    def sound(self) -> np.ndarray:
        """Everything pulled so far as a far end decodes it: [N] float32 at 48 kHz."""
        decoder = CodecContext.create("libopus", "r")
        decoder.format, decoder.layout, decoder.sample_rate = "s16", "stereo", 48_000
        parts = []
        for index, data in enumerate(self.packets):
            packet = Packet(data)
            packet.pts, packet.time_base = index * 960, Fraction(1, 48_000)
            parts += [frame.to_ndarray().reshape(-1, 2)[:, 0] for frame in decoder.decode(packet)]
        return np.concatenate(parts).astype(np.float32) / 32768


def spoken(packets: list[bytes]) -> int:
    return sum(packet != SILENCE for packet in packets)
