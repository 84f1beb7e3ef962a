"""The outgoing voice: ready-made Opus packets every 20 ms, silence when there is nothing to say, and what was heard.

It must not know synthesis, the persona or turns: it plays one reply at a time, pauses, resumes and falls silent.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import Packet
from av.stream import Stream

from media.clock import Clock
from media.ledger import Heard, PlaybackLedger
from media.opus import (
    FRAME_SAMPLES,
    FRAME_SECONDS,
    LONG_SILENCE,
    LOOKAHEAD_SAMPLES,
    RTP_FRAME,
    RTP_RATE,
    SILENCE,
    SpeechEncoder,
)
from media.types import SPEECH_RATE, Samples

logger = logging.getLogger(__name__)

LULL_FRAMES = 50  # silent frames in a row, with no reply open, after which silence goes out in packets of 40 ms
BUFFER_SECONDS = 3.0  # `say()` waits while more than this is queued
STALL_SECONDS = 0.100  # later than this, the schedule moves instead of being caught up with a burst
REWIND_SAMPLES = round(0.060 * SPEECH_RATE)  # a resumed reply takes up its last 60 ms again
_RTP_TIME_BASE = Fraction(1, RTP_RATE)


class Pacer:
    """When the next frame is due, on an absolute schedule so that small delays never add up. Pure."""

    def __init__(self, period: float = FRAME_SECONDS, stall: float = STALL_SECONDS) -> None:
        self._period = period
        self._stall = stall
        self._due: float | None = None
        self.stalls = 0

    def wait(self, now: float, frames: int = 1) -> float:
        """Seconds from `now` until the next frame goes out, `frames` after the one before; 0 when it is due or late.

        A frame up to `stall` late is caught up with at once. After a longer stall the schedule starts anew at `now`:
        a burst would only fill the far jitter buffer and could not be taken back by a flush.
        """
        if self._due is None:
            self._due = now
        else:
            self._due += frames * self._period
        if now - self._due > self._stall:
            self.stalls += 1
            self._due = now
        return max(0.0, self._due - now)


class SpeechTrack(MediaStreamTrack):
    """Give it to `RTCPeerConnection.addTransceiver`, with Opus as the only audio codec: its packets are Opus.

    Speech is encoded frame by frame as it goes out (0.1–0.2 ms each), so silence costs no encoder, a pause or flush
    takes effect with the very next frame, and nothing but one frame is ever handed to the wire ahead of time.
    """

    kind = "audio"

    def __init__(self, clock: Clock, tap: Callable[[float, Samples], None] | None = None) -> None:
        """`tap` is given every frame of speech and the call time (s) at which it goes out; it must be quick."""
        super().__init__()
        self._tap = tap
        self._clock = clock
        self._pacer = Pacer()
        self._pts = 0  # RTP ticks; continuous through speech and silence
        self._encoder: SpeechEncoder | None = None  # None while silent
        self._ledger = PlaybackLedger()
        self._samples: Samples = np.empty(0, np.int16)  # queued, and the little of the past that can be taken up again
        self._origin = 0  # position of _samples[0] in the reply
        self._position = 0  # next sample to go out, counted from the reply's beginning
        self._starts: deque[tuple[int, Callable[[float], None]]] = deque()  # whom to tell once a sample is played
        self._reply: int | None = None  # None: no reply is open, what is said now is stale
        self._ended = False
        self._paused = False
        self._rewind = 0  # samples to take up again when sound comes back after silence
        self._moved = asyncio.Event()  # set whenever a waiting `say` or `wait_played` should look again
        self._frames = 1  # in the packet before
        self._lull = 0  # silent packets in a row
        self.silent_frames = 0
        self.spoken_frames = 0

    # -- what the dialogue does

    def begin(self, reply: int) -> None:
        """Open a reply; whatever was left of another is dropped. A pause stays in force."""
        self._drop()
        self._reply = reply
        self._ledger = PlaybackLedger()
        self._position = self._origin = self._rewind = 0
        self._ended = False

    async def say(self, samples: Samples, text: str, on_played: Callable[[float], None] | None = None) -> None:
        """Queue [N] int16 speech at SPEECH_RATE that speaks `text` ("" continues the piece before).

        Waits while more than BUFFER_SECONDS are queued. `on_played` is called with the call time (s) at which the
        first of these samples goes out; it must be quick. Without an open reply (flushed, ended) the speech is dropped.
        """
        reply, ledger = self._reply, self._ledger
        while self._open(ledger) and self.buffered > BUFFER_SECONDS:
            await self._wait()
        if reply is None or not self._open(ledger):
            return
        if on_played is not None:
            self._starts.append((ledger.queued, on_played))
        ledger.append(len(samples), text)
        past = max(0, self._position - REWIND_SAMPLES - self._origin)
        self._samples = np.concatenate((self._samples[past:], samples))
        self._origin += past

    def end(self) -> None:
        """The reply is whole: nothing more will be said in it."""
        if self._reply is not None:
            self._ended = True
            self._ledger.close()
            if self._ledger.queued == 0:
                self._finish()

    def pause(self) -> None:
        """Silence from the next frame on; the place is kept. For a possible interruption, until it is decided."""
        self._paused = True

    def resume(self) -> None:
        """Go on where the pause came, taking the last 60 ms up again."""
        self._paused = False

    def flush(self) -> Heard:
        """Silence from the next frame on and for good; what was heard of the reply. Also ends a pause.

        Works after `end()` too, and after everything was played; until the next `begin()` it answers the same.
        """
        heard = self._ledger.heard()
        self._drop()
        self._paused = False
        return heard

    async def wait_played(self) -> None:
        """Return once the reply was ended and played to its last sample, was flushed, or the track was stopped."""
        ledger = self._ledger
        while self._reply is not None and self._ledger is ledger and self.readyState == "live":
            await self._wait()

    @property
    def playing(self) -> bool:
        """A reply has begun to sound and is neither finished nor flushed (it may be paused, or wait for more)."""
        return self._reply is not None and self._ledger.counter > 0

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def buffered(self) -> float:
        """Seconds of speech queued and not yet played."""
        return max(0, self._ledger.queued - self._position) / SPEECH_RATE

    @property
    def stalls(self) -> int:
        """How often the event loop kept a frame waiting for more than STALL_SECONDS."""
        return self._pacer.stalls

    # -- what aiortc's sender does

    async def recv(self) -> Packet[Stream]:
        """The next 20 ms, when due. Always answers; raises `MediaStreamError` once the track is stopped."""
        if self.readyState != "live":
            raise MediaStreamError
        wait = self._pacer.wait(self._clock.now(), self._frames)
        if wait > 0:
            await asyncio.sleep(wait)
            if self.readyState != "live":
                raise MediaStreamError
        data = self._next_frame()
        packet: Packet[Stream] = Packet(data)
        packet.pts = self._pts
        packet.time_base = _RTP_TIME_BASE
        self._frames = 2 if data is LONG_SILENCE else 1
        self._pts += self._frames * RTP_FRAME
        return packet

    def stop(self) -> None:
        """End the track; nobody waits on it any longer."""
        super().stop()
        self._drop()

    # -- inside

    def _next_frame(self) -> bytes:
        frame = None if self._paused or self._reply is None else self._take()
        if frame is None:
            if self._encoder is not None:
                # The encoder's lookahead never left it; after a pause the listener should hear the last syllable again.
                self._rewind = REWIND_SAMPLES if self._paused else LOOKAHEAD_SAMPLES
                self._encoder = None
            self.silent_frames += 1
            self._lull += 1
            if self._lull <= LULL_FRAMES or self._reply is not None:
                return SILENCE
            self.silent_frames += 1
            return LONG_SILENCE
        self.spoken_frames += 1
        self._lull = 0
        try:
            if self._encoder is None:
                self._encoder = SpeechEncoder()
            if self._tap is not None:
                self._tap(self._clock.now(), frame)
            return self._encoder.encode(frame)
        except Exception:  # an exception out of recv() would silently end the sending for good
            logger.exception("one frame of speech could not be encoded")
            self._encoder = None
            return SILENCE

    def _take(self) -> Samples | None:
        """The next FRAME_SAMPLES of the reply, or None while there are too few. Keeps the ledger."""
        queued = self._ledger.queued
        start = max(self._origin, self._position - self._rewind)
        stop = start + FRAME_SAMPLES
        if stop > queued and not self._ended:
            return None
        frame = self._samples[start - self._origin : stop - self._origin]
        self._position = stop
        self._rewind = 0
        self._played(start, stop)
        if self._ended and stop >= queued + LOOKAHEAD_SAMPLES:
            self._finish()
        elif self.buffered <= BUFFER_SECONDS:
            self._move()
        return frame if len(frame) == FRAME_SAMPLES else np.pad(frame, (0, FRAME_SAMPLES - len(frame)))

    def _played(self, start: int, stop: int) -> None:
        now = self._clock.now()
        self._ledger.played(start, stop, now)
        while self._starts and self._starts[0][0] < min(stop, self._ledger.queued):
            first, tell = self._starts.popleft()
            try:
                tell(now + max(0, first - start) / SPEECH_RATE)
            except Exception:  # the listener's fault must not end the sending
                logger.exception("a listener for played speech failed")

    def _open(self, ledger: PlaybackLedger) -> bool:
        return self._ledger is ledger and self._reply is not None and not self._ended and self.readyState == "live"

    def _finish(self) -> None:
        """The last frame is out: the reply is over, its account stays readable."""
        self._reply = None
        self._move()

    def _drop(self) -> None:
        self._samples = np.empty(0, np.int16)
        self._origin = self._position
        self._starts.clear()
        self._finish()

    def _move(self) -> None:
        self._moved.set()

    async def _wait(self) -> None:
        self._moved.clear()
        await self._moved.wait()
