"""The low-delay reorder buffer for speech, put in place of aiortc's own on an audio receiver.

It must not know what is spoken: it gives packets out in order, and gives a hole up once two newer packets are there.
"""

from __future__ import annotations

import logging
import queue
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar, cast

from aiortc import RTCRtpCodecParameters, RTCRtpReceiver
from aiortc.codecs import get_decoder
from aiortc.codecs.base import Decoder
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpreceiver import RemoteStreamTrack, TimestampMapper
from av import FFmpegError

logger = logging.getLogger(__name__)
T = TypeVar("T")

NEWER_PACKETS = 2  # a hole is given up once this many newer packets have arrived
MAX_DROPOUT = 3000  # packets; a larger step forward is a restarted sender, not loss (RFC 3550, appendix A.1)
MAX_MISORDER = 100  # packets; a larger step backward likewise

# aiortc offers no public seam for its jitter buffer. Its version is pinned and the tests run these names on a real
# connection; a KeyError on one of them means that aiortc has changed.
_JITTER_BUFFER = "_RTCRtpReceiver__jitter_buffer"
_CODECS = "_RTCRtpReceiver__codecs"
_DECODER_QUEUE = "_RTCRtpReceiver__decoder_queue"


class Reorderer(Generic[T]):
    """Puts what is numbered 0…65535 (and wraps) back in order. Pure: no clock, no timer.

    Without loss or reordering it adds no delay at all. A hole at the head waits for `newer` later packets and is then
    given up: with one packet every 20 ms that costs 20 ms more than the loss itself, once, and never accumulates.
    """

    def __init__(self, newer: int = NEWER_PACKETS) -> None:
        self._newer = newer
        self._expected: int | None = None
        self._waiting: dict[int, T] = {}  # by distance-comparable sequence number, all of them after `_expected`
        self._given_up: deque[int] = deque(maxlen=MAX_MISORDER)
        self._probation: int | None = None
        self.released = 0  # given out
        self.lost = 0  # given up as lost (some may yet come, too late)
        self.late = 0  # came after they had been given up
        self.duplicates = 0  # came twice
        self.strays = 0  # far off the sequence, and not followed by a neighbour
        self.restarts = 0  # the sender began a new sequence

    def push(self, sequence: int, item: T) -> list[T]:
        """Take one packet; give what is now in order, oldest first (often one item, sometimes none or several)."""
        if self._expected is None:
            self._expected = sequence
        step = _distance(self._expected, sequence)
        if not -MAX_MISORDER <= step <= MAX_DROPOUT:
            if sequence != self._probation:  # RFC 3550: two in a row make a new sequence, one is a stray
                self._probation = (sequence + 1) & 0xFFFF
                self.strays += 1
                return []
            self.restart()
            self._expected = sequence
            step = 0
        self._probation = None
        if step < 0:
            if sequence in self._given_up:
                self._given_up.remove(sequence)
                self.late += 1
            else:
                self.duplicates += 1
            return []
        if sequence in self._waiting:
            self.duplicates += 1
            return []
        self._waiting[sequence] = item
        ready = self._in_order()
        while len(self._waiting) >= self._newer:
            self._give_hole_up()
            ready += self._in_order()
        return ready

    def restart(self) -> None:
        """Forget the sequence: the next packet begins a new one. What waits behind a hole is thrown away."""
        if self._expected is not None:
            self.restarts += 1
        self.lost += len(self._waiting)
        self._waiting.clear()
        self._given_up.clear()
        self._expected = self._probation = None

    def _in_order(self) -> list[T]:
        ready = []
        while self._expected in self._waiting:
            ready.append(self._waiting.pop(self._expected))
            self._expected = (self._expected + 1) & 0xFFFF
        self.released += len(ready)
        return ready

    def _give_hole_up(self) -> None:
        assert self._expected is not None
        expected = self._expected
        hole = min(_distance(expected, sequence) for sequence in self._waiting)
        self.lost += hole
        self._given_up.extend((expected + i) & 0xFFFF for i in range(max(0, hole - MAX_MISORDER), hole))
        self._expected = (expected + hole) & 0xFFFF


def _distance(start: int, end: int) -> int:
    """Signed shortest way from one 16-bit sequence number to another, −32768…32767."""
    return ((end - start + 0x8000) & 0xFFFF) - 0x8000


class AudioPacket(Protocol):
    """What aiortc's receiver gives its jitter buffer: an RTP packet with its depayloaded frame in `_data`."""

    payload_type: int
    sequence_number: int
    ssrc: int
    timestamp: int
    _data: bytes


Deliver = Callable[[int, JitterFrame], None]  # payload type, one encoded frame


class SpeechJitterBuffer:
    """Has the shape `RTCRtpReceiver` expects of its audio jitter buffer.

    aiortc takes at most one frame from each `add()`, but two or three become ready at once whenever a hole closes or
    is given up. So every frame goes straight to `deliver`, and `add()` itself always answers "nothing yet".
    """

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._order: Reorderer[AudioPacket] = Reorderer()
        self._source: int | None = None

    @property
    def released(self) -> int:
        """Packets passed on in order."""
        return self._order.released

    @property
    def lost(self) -> int:
        """Packets given up (those that came `late` are among them)."""
        return self._order.lost

    @property
    def late(self) -> int:
        """Packets that came after their hole had been given up; they are not used."""
        return self._order.late

    @property
    def duplicates(self) -> int:
        """Packets that came more than once."""
        return self._order.duplicates

    @property
    def restarts(self) -> int:
        """How often the sender began a new sequence."""
        return self._order.restarts

    def add(self, packet: AudioPacket) -> tuple[bool, JitterFrame | None]:
        """Take one packet and deliver what is in order. Always `(False, None)`: no picture loss, no frame left over."""
        if packet.ssrc != self._source:
            if self._source is not None:
                self._order.restart()
            self._source = packet.ssrc
        for ready in self._order.push(packet.sequence_number, packet):
            # An empty payload (padding only) would put the decoder into its end-of-stream state for good.
            if ready._data:
                self._deliver(ready.payload_type, JitterFrame(data=ready._data, timestamp=ready.timestamp))
        return False, None


class _Decoding:
    """Decodes on the spot and puts the frames where the receiver's own thread would.

    An Opus frame takes 30 µs. Handing it to aiortc's decoder thread and the result back costs several times that in
    wake-ups and tasks, 100 times a second for every call.
    """

    def __init__(self, receiver: RTCRtpReceiver) -> None:
        self._codecs: dict[int, RTCRtpCodecParameters] = vars(receiver)[_CODECS]
        self._track = cast(RemoteStreamTrack, receiver.track)
        self._timestamps = TimestampMapper()
        self._codec: RTCRtpCodecParameters | None = None
        self._decoder: Decoder | None = None

    def deliver(self, payload_type: int, frame: JitterFrame) -> None:
        codec = self._codecs[payload_type]
        if self._decoder is None or codec is not self._codec:
            self._codec, self._decoder = codec, get_decoder(codec)
            if isinstance(self._decoder, OpusDecoder):
                self._decoder.codec.layout = "mono"  # speech: half the samples to carry
        frame.timestamp = self._timestamps.map(frame.timestamp)
        try:
            decoded = self._decoder.decode(frame)
        except FFmpegError as error:
            logger.debug("an audio frame could not be decoded: %s", error)  # as many as the peer likes to send
            return
        for sound in decoded:
            self._track._queue.put_nowait(sound)


def install(receiver: RTCRtpReceiver) -> SpeechJitterBuffer:
    """Replace an audio receiver's jitter buffer; call it in `on("track")`, before any packet.

    Frames are then decoded on the event loop, to mono, and come out of the receiver's track as before. Returns the
    buffer for its counts.
    """
    buffer = SpeechJitterBuffer(_Decoding(receiver).deliver)
    if _JITTER_BUFFER not in vars(receiver):
        raise KeyError(_JITTER_BUFFER)
    vars(receiver)[_JITTER_BUFFER] = buffer
    return buffer


def discard_backlog(receiver: RTCRtpReceiver) -> int:
    """Throw away what waits for a (video) decoder; call it before closing the connection. Returns how many frames.

    aiortc joins the decoder thread on the event loop, after it has worked off its whole backlog.
    """
    decoder: queue.Queue[object] = vars(receiver)[_DECODER_QUEUE]
    discarded = 0
    while True:
        try:
            task = decoder.get_nowait()
        except queue.Empty:
            return discarded
        if task is None:  # the order to end: leave it where it is
            decoder.put(None)
            return discarded
        discarded += 1
