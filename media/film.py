"""The camera's pictures as they came over the wire, still encoded: kept whole, so that keeping them costs no encoder.

It must not know who keeps them. Only VP8 is taken: every browser speaks it (RFC 7742), and it fits into WebM as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiortc import RTCRtpCodecParameters, RTCRtpReceiver
from aiortc.jitterbuffer import JitterFrame

from media.clock import Clock, TrackClock

VIDEO_RATE = 90_000  # Hz: the RTP clock of video
JUMP_SECONDS = 2.0  # time stamps that move further than this at once begin a new sequence
ASK_AGAIN = 45  # pictures without a whole one after which it is asked for again
_JITTER_BUFFER = "_RTCRtpReceiver__jitter_buffer"
_CODECS = "_RTCRtpReceiver__codecs"


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """One encoded picture. `size` (width, height in pixels) is known of whole ones, which need no picture before."""

    t: float  # s since the call began
    data: bytes
    size: tuple[int, int] | None

    @property
    def whole(self) -> bool:
        return self.size is not None


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a VP8 key frame (RFC 6386, section 9.1); None for any other frame."""
    if len(data) < 10 or data[0] & 1 or data[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


class Film:
    """Encoded pictures in, `FilmFrame`s out: from a whole one on, and after a loss not before the next whole one."""

    def __init__(self, deliver: Callable[[FilmFrame], bool]) -> None:
        """`deliver` answers whether it wants more; if not, the next one it gets is a whole one."""
        self._deliver = deliver
        self._track_clock = TrackClock()
        self._last: int | None = None  # time stamp of the picture before
        self._at = 0  # unwrapped, ticks
        self._t = float("-inf")
        self._waiting = True  # for a whole picture
        self._asked = 0

    def push(self, data: bytes, timestamp: int, lost: bool, arrival: float) -> bool:
        """Take one picture that was complete at call time `arrival` (s), with its RTP `timestamp`; `lost`: others
        before it were not. True: the sender should be asked for a whole picture."""
        size = size_of(data)
        t = self._place(timestamp, arrival)
        self._waiting = (self._waiting or lost) and size is None
        if self._waiting:
            wanted = self._deliver(FilmFrame(t, b"", None))
            self._asked = (self._asked + 1) % ASK_AGAIN if wanted else 0
            return wanted and self._asked == 1
        self._asked = 0
        self._waiting = not self._deliver(FilmFrame(t, data, size))
        return False

    def _place(self, timestamp: int, arrival: float) -> float:
        step = 0 if self._last is None else ((timestamp - self._last + 2**31) % 2**32) - 2**31
        self._last = timestamp
        if not 0 <= step <= JUMP_SECONDS * VIDEO_RATE:
            self._track_clock, step = TrackClock(), 0
        self._at += step
        # aiortc lets a picture go when the first packet of the next one arrives: one step after its own arrival.
        late = step / VIDEO_RATE
        placed = self._track_clock.place(self._at / VIDEO_RATE + late, arrival) - late
        self._t = max(placed, self._t + 0.001)
        return self._t


class _Tap:
    """Has the shape `RTCRtpReceiver` expects of its jitter buffer, and looks at what comes out of aiortc's own."""

    def __init__(
        self, inside: Any, film: Film, codecs: dict[int, RTCRtpCodecParameters], now: Callable[[], float]
    ) -> None:
        self._inside = inside
        self._film = film
        self._codecs = codecs
        self._now = now
        self._lost = False

    def add(self, packet: Any) -> tuple[bool, JitterFrame | None]:
        lost, frame = self._inside.add(packet)
        self._lost = self._lost or lost
        if frame is not None and frame.data and self._is_vp8(packet.payload_type):
            lost = self._film.push(frame.data, frame.timestamp, self._lost, self._now()) or lost
            self._lost = False
        return lost, frame

    def _is_vp8(self, payload_type: int) -> bool:
        codec = self._codecs.get(payload_type)
        return codec is not None and codec.mimeType.lower() == "video/vp8"


def install(receiver: RTCRtpReceiver, clock: Clock, deliver: Callable[[FilmFrame], bool]) -> None:
    """Have every encoded picture of a video receiver offered to `deliver` too; call it in `on("track")`."""
    inside = vars(receiver)[_JITTER_BUFFER]
    codecs = vars(receiver)[_CODECS]  # filled in after the track is told of
    vars(receiver)[_JITTER_BUFFER] = _Tap(inside, Film(deliver), codecs, clock.now)
