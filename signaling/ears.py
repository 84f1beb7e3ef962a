"""A call's microphones, one after another: always drained into one channel, and silence where one falls mute for good.

It must not know speech, nor who listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from aiortc.mediastreams import MediaStreamTrack

from media.channel import Channel
from media.clock import Clock
from media.tracks.microphone import Microphone
from media.types import HEARING_RATE, AudioChunk

SILENCE = 512  # samples: one chunk
MUTE = 1.2  # s without a packet from the microphone
SILENT_CHUNKS = 94  # 3 s, longer than the longest pause inside a turn


class Ears:
    """Give each peer's audio track to `hear`, in a task of its own; a new one takes the former's place."""

    def __init__(self, clock: Clock, chunks: Channel[AudioChunk], tap: Callable[[AudioChunk], None]) -> None:
        """`tap` is given what the microphones really bring, too."""
        self._tap = tap
        self._clock = clock
        self._chunks = chunks
        self._present: Microphone | None = None

    async def hear(self, track: MediaStreamTrack) -> None:
        """Drain one microphone; where it falls mute for good, let the turn that was open come to its end.

        A track that ends at the far side may just stop sending. After MUTE without a packet (longer than any hole the
        microphone fills itself) silence is put in its place, long enough for the longest pause inside a turn.
        """
        microphone = self._present = Microphone(track, self._clock, self._chunks, self._tap)
        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(microphone.run())
            frames, since = 0, self._clock.now()
            while not self._chunks.closed and self._present is microphone:
                await asyncio.sleep(MUTE / 4)
                if microphone.frames != frames:
                    frames, since = microphone.frames, self._clock.now()
                elif draining.done() or self._clock.now() - since >= MUTE:
                    await self._fall_silent(microphone)
                    if draining.done():
                        return
                    since = float("inf")  # once is enough, until it is heard again

    async def _fall_silent(self, microphone: Microphone) -> None:
        frames, began = microphone.frames, self._clock.now()
        for number in range(SILENT_CHUNKS):
            if self._chunks.closed or microphone.frames != frames:
                return
            start = began + number * SILENCE / HEARING_RATE
            self._chunks.offer(AudioChunk(start, np.zeros(SILENCE, np.float32)))
            await asyncio.sleep(max(0.0, start + SILENCE / HEARING_RATE - self._clock.now()))
