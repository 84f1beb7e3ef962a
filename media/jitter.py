"""The low-delay reorder buffer for speech, put in place of aiortc's own on an audio receiver.

It must not know what is spoken: it gives packets out in order, and gives a hole up once two newer packets are there.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterFrame

T = TypeVar("T")

NEWER_PACKETS = 2  # a hole is given up once this many newer packets have arrived
MAX_DROPOUT = 3000  # packets; a larger step forward is a restarted sender, not loss (RFC 3550, appendix A.1)
MAX_MISORDER = 100  # packets; a larger step backward likewise


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


def install(receiver: RTCRtpReceiver) -> SpeechJitterBuffer:
    """Replace the receiver's jitter buffer; call it in `on("track")`, before any packet. Returns it for its counts.

    aiortc offers no public seam, so this reaches for four private attributes of `RTCRtpReceiver` (the version is
    pinned, and the tests run it on a real connection). An `AttributeError` here means that aiortc has changed.
    """
    codecs = receiver._RTCRtpReceiver__codecs  # type: ignore[attr-defined]  # private: no public seam
    decoder: queue.Queue[object] = receiver._RTCRtpReceiver__decoder_queue  # type: ignore[attr-defined]  # likewise
    timestamps = receiver._RTCRtpReceiver__timestamp_mapper  # type: ignore[attr-defined]  # likewise
    assert receiver._RTCRtpReceiver__jitter_buffer is not None  # type: ignore[attr-defined]  # likewise

    def deliver(payload_type: int, frame: JitterFrame) -> None:
        # What the receiver does with the frame `add()` returns, for each of several.
        frame.timestamp = timestamps.map(frame.timestamp)
        decoder.put((codecs[payload_type], frame))

    buffer = SpeechJitterBuffer(deliver)
    receiver._RTCRtpReceiver__jitter_buffer = buffer  # type: ignore[attr-defined]  # likewise
    return buffer


def discard_backlog(receiver: RTCRtpReceiver) -> int:
    """Throw away what waits for the decoder; call it before closing the connection. Returns how many frames.

    aiortc joins the decoder thread on the event loop, after it has worked off its whole backlog.
    """
    decoder: queue.Queue[object] = receiver._RTCRtpReceiver__decoder_queue  # type: ignore[attr-defined]  # private
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
