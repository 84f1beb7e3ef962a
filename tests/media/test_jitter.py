"""The jitter buffer: order, holes, wraps, restarts; and on a real receiver, one lost packet is one lost frame."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from media.clock import Clock
from media.jitter import Reorderer, SpeechJitterBuffer, discard_backlog, install
from media.tracks.speech import SpeechTrack


def released(arrivals: list[int], order: Reorderer[int] | None = None) -> list[list[int]]:
    """What comes out at each arrival; every packet carries its own number."""
    order = order or Reorderer()
    return [order.push(sequence & 0xFFFF, sequence) for sequence in arrivals]


@pytest.mark.parametrize(
    ("what", "arrivals", "expected"),
    [
        ("in order, without delay", [5, 6, 7], [[5], [6], [7]]),
        ("two swapped", [5, 7, 6, 8], [[5], [], [6, 7], [8]]),
        ("a hole is given up after two newer", [5, 7, 8, 9], [[5], [], [7, 8], [9]]),
        ("two holes one after the other", [5, 7, 9, 10], [[5], [], [7], [9, 10]]),
        ("a long hole", [5, 50, 51, 52], [[5], [], [50, 51], [52]]),
        ("late packets are not used", [5, 7, 8, 6, 9], [[5], [], [7, 8], [], [9]]),
        ("a packet twice", [5, 5, 6, 6, 7], [[5], [], [6], [], [7]]),
        ("twice while it waits", [5, 7, 7, 6], [[5], [], [], [6, 7]]),
        ("the number wraps", [65534, 65535, 65536, 65537], [[65534], [65535], [65536], [65537]]),
        ("a hole across the wrap", [65534, 65536, 65537], [[65534], [], [65536, 65537]]),
        ("one stray far behind", [9000, 100, 9001], [[9000], [], [9001]]),
        ("a stray far ahead", [9000, 20000, 9001], [[9000], [], [9001]]),
        ("two strays not in a row", [9000, 100, 9001, 101, 9002], [[9000], [], [9001], [], [9002]]),
        ("a restarted sender needs two in a row", [9000, 100, 101, 102], [[9000], [], [101], [102]]),
    ],
)
def test_packets_come_out_in_order(what: str, arrivals: list[int], expected: list[list[int]]) -> None:
    assert released(arrivals) == expected, what


def test_it_counts_what_the_network_did() -> None:
    order: Reorderer[int] = Reorderer()
    released([1, 2, 4, 5, 3, 5, 6, 9, 10], order)
    assert (order.released, order.lost, order.late, order.duplicates) == (7, 3, 1, 1)
    released([40000, 40001], order)
    assert (order.strays, order.restarts) == (1, 1)


@st.composite
def overtaken_by_one(draw: st.DrawFn) -> list[int]:
    """Consecutive numbers where any packet may be overtaken by its neighbour, from anywhere in the number space."""
    start = draw(st.integers(0, 65535))
    numbers = list(range(start, start + draw(st.integers(2, 200))))
    place = 1  # the first packet fixes where the sequence begins
    while place + 1 < len(numbers):
        if draw(st.booleans()):
            numbers[place], numbers[place + 1] = numbers[place + 1], numbers[place]
            place += 1
        place += 1
    return numbers


@given(overtaken_by_one())
def test_packets_overtaken_by_one_all_come_out_in_order(arrivals: list[int]) -> None:
    order: Reorderer[int] = Reorderer()
    out = [number for ready in released(arrivals, order) for number in ready]
    assert out + sorted(set(arrivals) - set(out)) == sorted(arrivals)
    assert len(arrivals) - len(out) <= 1  # only a last one may still wait behind nothing
    assert order.lost == 0


@given(st.integers(0, 65535), st.lists(st.integers(0, 90), max_size=300))
def test_whatever_arrives_comes_out_once_and_forward(start: int, offsets: list[int]) -> None:
    order: Reorderer[int] = Reorderer()
    out = [
        number for ready in released([start + 45, *(start + offset for offset in offsets)], order) for number in ready
    ]
    assert out == sorted(set(out))
    assert len(out) + order.lost <= 91
    assert order.released == len(out)


@given(st.lists(st.integers(0, 65535), max_size=300))
def test_no_sequence_of_numbers_breaks_it(numbers: list[int]) -> None:
    order: Reorderer[int] = Reorderer()
    for number in numbers:
        assert len(order.push(number, number)) <= 3


@dataclass
class Simulated:
    lost: float  # share of the packets sent
    mean: float  # ms from sending to release
    p99: float  # ms


def simulate(loss: float, jitter: float, packets: int = 50_000, seed: int = 1) -> Simulated:
    """20 ms packets over a path that loses `loss` of them and delays each by 0…`jitter` seconds, independently."""
    rng = np.random.default_rng(seed)
    sent = np.arange(packets) * 0.020
    arrival = sent + rng.uniform(0, jitter, packets)
    order: Reorderer[int] = Reorderer()
    delays = [
        arrival[number] - sent[out]
        for number in np.argsort(arrival)[rng.random(packets) >= loss]
        for out in order.push(int(number) & 0xFFFF, int(number))
    ]
    return Simulated(1 - len(delays) / packets, 1e3 * float(np.mean(delays)), 1e3 * float(np.percentile(delays, 99)))


@pytest.mark.parametrize(("loss", "most"), [(0.0, 0.001), (0.01, 0.016), (0.05, 0.06)])
def test_jitter_of_30_ms_adds_next_to_no_loss_and_little_delay(loss: float, most: float) -> None:
    result = simulate(loss, 0.030)
    assert result.lost <= most
    assert result.mean <= 20
    assert result.p99 <= 50


class Packet:
    """The fields of an RTP packet that the buffer reads."""

    def __init__(self, sequence: int, data: bytes = b"x", ssrc: int = 1) -> None:
        self.sequence_number, self._data, self.ssrc = sequence & 0xFFFF, data, ssrc
        self.timestamp, self.payload_type = sequence * 960, 111


def test_frames_that_become_ready_together_are_all_delivered() -> None:
    got: list[int] = []
    buffer = SpeechJitterBuffer(lambda _, frame: got.append(frame.timestamp // 960))
    assert [buffer.add(Packet(n)) for n in (1, 3, 2, 4, 6, 7)] == [(False, None)] * 6
    assert got == [1, 2, 3, 4, 6, 7]
    assert (buffer.released, buffer.lost) == (6, 1)


def test_an_empty_payload_never_reaches_the_decoder() -> None:
    got: list[bytes] = []
    buffer = SpeechJitterBuffer(lambda _, frame: got.append(frame.data))
    for packet in (Packet(1, b"a"), Packet(2, b""), Packet(3, b"b")):
        buffer.add(packet)
    assert got == [b"a", b"b"]


def test_another_source_begins_its_own_sequence_at_once() -> None:
    got: list[int] = []
    buffer = SpeechJitterBuffer(lambda _, frame: got.append(frame.timestamp // 960))
    for packet in (Packet(7), Packet(8), Packet(40000, ssrc=2), Packet(40001, ssrc=2)):
        buffer.add(packet)
    assert got == [7, 8, 40000, 40001]
    assert buffer.restarts == 1


async def _listen(track, count: int) -> list[tuple[float, int]]:
    """Arrival time and pts of the next `count` frames."""
    clock = Clock()
    return [(clock.now(), (await track.recv()).pts) for _ in range(count)]


async def test_a_lost_packet_costs_one_frame_not_a_stall(connect) -> None:
    buffers: list[SpeechJitterBuffer] = []
    call = await connect(SpeechTrack(Clock()), on_track=lambda _, receiver: buffers.append(install(receiver)))
    seen = 0

    def lose_the_tenth(packet: bytes) -> list[bytes]:
        nonlocal seen
        seen += 1
        return [] if seen == 10 else [packet]

    call.impair(lose_the_tenth)
    pts = [pts for _, pts in await _listen(call.tracks["audio"], 40)]
    steps = np.diff(pts)
    assert sorted(set(steps)) == [960, 1920]
    assert np.count_nonzero(steps == 1920) == 1
    assert buffers[0].lost == 1


async def test_frames_held_back_by_a_swap_arrive_together_and_all(connect) -> None:
    buffers: list[SpeechJitterBuffer] = []
    call = await connect(SpeechTrack(Clock()), on_track=lambda _, receiver: buffers.append(install(receiver)))
    held: list[bytes] = []

    def swap_pairs(packet: bytes) -> list[bytes]:
        if not held:
            held.append(packet)
            return []
        return [packet, held.pop()]

    await _listen(call.tracks["audio"], 3)
    call.impair(swap_pairs)
    pts = [pts for _, pts in await _listen(call.tracks["audio"], 40)]
    assert set(np.diff(pts)) == {960}
    assert buffers[0].lost == 0


async def test_a_packet_that_is_no_opus_costs_itself_only(connect) -> None:
    call = await connect(SpeechTrack(Clock()), on_track=lambda _, receiver: install(receiver))
    receiver = call.receivers["audio"]
    handle, seen = receiver._handle_rtp_packet, 0

    async def spoil(packet: RtpPacket, arrival_time_ms: int) -> None:
        nonlocal seen
        seen += 1
        packet.payload = {5: b"\xff", 8: b"", 11: b"\xff\x00"}.get(seen, packet.payload)
        await handle(packet, arrival_time_ms=arrival_time_ms)

    receiver._handle_rtp_packet = spoil
    pts = [pts for _, pts in await _listen(call.tracks["audio"], 30)]
    assert np.diff(pts).min() > 0
    assert np.count_nonzero(np.diff(pts) > 960) == 3


async def test_the_backlog_of_a_closing_call_is_thrown_away(connect) -> None:
    thrown_away: list[int] = []

    def fill_and_discard(_: MediaStreamTrack, receiver: RTCRtpReceiver) -> None:
        waiting = receiver._RTCRtpReceiver__decoder_queue  # no decoder works on it before the call is up
        for _ in range(5):
            waiting.put(("codec", "frame"))
        thrown_away.append(discard_backlog(receiver))

    call = await connect(SpeechTrack(Clock()), on_track=fill_and_discard)
    assert thrown_away == [5]
    assert len(await _listen(call.tracks["audio"], 3)) == 3


async def test_the_order_to_end_survives_a_discarded_backlog(connect) -> None:
    def fill_and_discard(_: MediaStreamTrack, receiver: RTCRtpReceiver) -> None:
        waiting = receiver._RTCRtpReceiver__decoder_queue
        waiting.put(("codec", "frame"))
        waiting.put(None)
        discard_backlog(receiver)

    call = await connect(SpeechTrack(Clock()), on_track=fill_and_discard)
    with pytest.raises(MediaStreamError):
        async with asyncio.timeout(2):
            await call.tracks["audio"].recv()
