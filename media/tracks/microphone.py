"""The person's microphone: always drained, brought to 16 kHz mono, stamped with call time, cut into even chunks.

It must not know who listens: chunks are offered to a channel, and never waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler

from media.channel import Channel
from media.clock import Clock, TrackClock
from media.types import HEARING_RATE, AudioChunk, Wave

CHUNK_SAMPLES = 512  # at HEARING_RATE, 32 ms: what a Silero decision takes
WIRE_RATE = 48_000  # Hz: what Opus decodes to
HOLE_LIMIT = round(1.0 * WIRE_RATE)  # samples of silence put into one hole at most; then the stamps jump
JITTER = round(0.0025 * WIRE_RATE)  # samples by which a frame may miss its place without being a hole

_RATIO = WIRE_RATE // HEARING_RATE
_TAPS = 96
_HISTORY = _TAPS - 1
_CHUNK = CHUNK_SAMPLES * _RATIO  # samples at WIRE_RATE
_WINDOW = _HISTORY + _CHUNK
_DELAY = _HISTORY / 2 / WIRE_RATE  # s, the filter's group delay
_UNIT = np.float32(1 / 32768)


def _lowpass() -> Wave:
    """A Kaiser-windowed sinc: flat to 7 kHz, −6 dB at 8 kHz, −59 dB from 9 kHz on, so aliases stay above 7 kHz."""
    n = np.arange(_TAPS) - _HISTORY / 2
    taps = np.sinc(n * HEARING_RATE / WIRE_RATE) * np.kaiser(_TAPS, 5.65)
    return np.asarray(taps / taps.sum(), np.float32)


_FILTER = _lowpass()


class Chunker:
    """Pure: 48 kHz sound with presentation and arrival times in, even 16 kHz chunks out; holes filled and marked.

    A plain FIR per chunk of 32 ms costs 16 µs; libswresample through PyAV costs 17 µs per frame of 20 ms.
    """

    def __init__(self) -> None:
        self._clock = TrackClock()
        self._shift = 0.0  # s, from presentation time to call time
        self._window = np.zeros(_WINDOW, np.float32)
        self._filled = _HISTORY  # samples in _window, of which the first _HISTORY belong to the chunk before
        self._put_in = 0  # samples of the present chunk that were put in
        self._next: int | None = None  # presentation time of the next sample, in ticks of WIRE_RATE
        self.lost = 0  # samples at WIRE_RATE put into holes
        self.anchors = 0  # how often the presentation times began anew

    def push(self, pts: int | None, sound: Wave, arrival: float) -> list[AudioChunk]:
        """Take [N] float32 at WIRE_RATE whose first sample has presentation time `pts` (ticks of WIRE_RATE; None:
        it follows what came before) and that arrived at call time `arrival` (s). Gives the chunks that are now full.
        """
        chunks: list[AudioChunk] = []
        follows = 0 if self._next is None else self._next
        pts = follows if pts is None else pts
        hole = pts - follows
        if self._next is not None and hole > JITTER:
            self.lost += min(hole, HOLE_LIMIT)
            self._put(np.zeros(min(hole, HOLE_LIMIT), np.float32), chunks, real=False)
        if self._next is None or not -JITTER <= hole <= HOLE_LIMIT:
            self._anchor()
        self._next = pts
        # A packet leaves only after its last sample was spoken, so it is the end that is placed by the arrival.
        end = (pts + len(sound)) / WIRE_RATE
        self._shift = self._clock.place(end, arrival) - end
        self._put(sound, chunks, real=True)
        return chunks

    def _anchor(self) -> None:
        self.anchors += 1
        self._clock = TrackClock()
        self._window[:] = 0.0
        self._filled = _HISTORY
        self._put_in = 0

    def _put(self, sound: Wave, chunks: list[AudioChunk], real: bool) -> None:
        assert self._next is not None
        while len(sound):
            part = sound[: _WINDOW - self._filled]
            self._window[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            self._next += len(part)
            self._put_in += 0 if real else len(part)
            sound = sound[len(part) :]
            if self._filled == _WINDOW:
                chunks.append(self._chunk(self._next - _CHUNK))
                self._window[:_HISTORY] = self._window[-_HISTORY:]
                self._filled = _HISTORY
                self._put_in = 0

    def _chunk(self, pts: int) -> AudioChunk:
        samples = np.convolve(self._window, _FILTER, "valid")[::_RATIO]
        return AudioChunk(pts / WIRE_RATE + self._shift - _DELAY, samples, lost=2 * self._put_in >= _CHUNK)


class Microphone:
    """One remote audio track → `AudioChunk`s of 32 ms. `run()` ends with the track; `out` stays open for another."""

    def __init__(
        self,
        track: MediaStreamTrack,
        clock: Clock,
        out: Channel[AudioChunk],
        tap: Callable[[AudioChunk], None] | None = None,
    ) -> None:
        """`tap` is given every chunk too; it must be quick."""
        self._tap = tap
        self._track = track
        self._clock = clock
        self._out = out
        self._chunker = Chunker()
        self._resampler: AudioResampler | None = None
        self.frames = 0

    @property
    def lost_seconds(self) -> float:
        """Sound that never came and was filled with silence."""
        return self._chunker.lost / WIRE_RATE

    @property
    def anchors(self) -> int:
        """How often presentation times began anew: 1 in a call without long holes."""
        return self._chunker.anchors

    async def run(self) -> None:
        """Drain the track until it ends; waits for nothing but the track."""
        with suppress(MediaStreamError):
            while True:
                frame = await self._track.recv()
                if isinstance(frame, AudioFrame):
                    self._take(frame, self._clock.now())

    def _take(self, frame: AudioFrame, arrival: float) -> None:
        self.frames += 1
        pts = None if frame.pts is None else round(frame.pts * WIRE_RATE / frame.sample_rate)
        for chunk in self._chunker.push(pts, self._mono(frame), arrival):
            self._out.offer(chunk)
            if self._tap is not None:
                self._tap(chunk)

    def _mono(self, frame: AudioFrame) -> Wave:
        """[N] float32 at WIRE_RATE. Opus decodes to 48 kHz s16; G.711 and the like take the long way."""
        if frame.sample_rate == WIRE_RATE and frame.format.name == "s16":
            # Not frame.to_ndarray(): it costs ten times as much, 50 times a second.
            channels = frame.layout.nb_channels
            packed = np.frombuffer(memoryview(frame.planes[0]), np.int16, frame.samples * channels)
            sound: Wave = packed.astype(np.float32)
            if channels > 1:
                sound = sound.reshape(-1, channels).mean(axis=1)
            sound *= _UNIT
            return sound
        if self._resampler is None:
            self._resampler = AudioResampler(format="flt", layout="mono", rate=WIRE_RATE)
        parts = [part.to_ndarray()[0] for part in self._resampler.resample(frame)]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)
