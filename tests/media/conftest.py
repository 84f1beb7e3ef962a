"""Two real aiortc peers in one process, and a wire between them that can lose and reorder what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver

Impair = Callable[[bytes], list[bytes]]  # one RTP packet in → what goes on the wire now


@dataclass
class Call:
    """One connected pair: what `near` sends arrives on `tracks` of `far`."""

    near: RTCPeerConnection
    far: RTCPeerConnection
    tracks: dict[str, MediaStreamTrack] = field(default_factory=dict)
    receivers: dict[str, RTCRtpReceiver] = field(default_factory=dict)

    def impair(self, impair: Impair) -> None:
        """From now on every RTP packet of the near side goes through `impair` first; RTCP passes."""
        transport = self.near.getSenders()[0].transport
        send = transport._send_rtp

        async def impaired(data: bytes) -> None:
            if 64 <= data[1] & 0x7F < 96:  # RTCP (RFC 5761)
                await send(data)
                return
            for packet in impair(data):
                await send(packet)

        transport._send_rtp = impaired

    async def close(self) -> None:
        await self.near.close()
        await self.far.close()


Connect = Callable[..., Awaitable[Call]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """`await connect(track, ..., on_track=...)`: a call that is up; closed at the end of the test."""
    calls: list[Call] = []

    async def make(
        *tracks: MediaStreamTrack, on_track: Callable[[MediaStreamTrack, RTCRtpReceiver], None] | None = None
    ) -> Call:
        alone = RTCConfiguration(iceServers=[])
        call = Call(RTCPeerConnection(alone), RTCPeerConnection(alone))
        calls.append(call)
        for track in tracks:
            call.near.addTrack(track)

        @call.far.on("track")
        def arrived(track: MediaStreamTrack) -> None:
            receiver = next(r for r in call.far.getReceivers() if r.track is track)
            call.tracks[track.kind] = track
            call.receivers[track.kind] = receiver
            if on_track:
                on_track(track, receiver)

        up = asyncio.Event()

        @call.far.on("connectionstatechange")
        def changed() -> None:
            if call.far.connectionState == "connected":
                up.set()

        await call.near.setLocalDescription(await call.near.createOffer())
        await call.far.setRemoteDescription(call.near.localDescription)
        await call.far.setLocalDescription(await call.far.createAnswer())
        await call.near.setRemoteDescription(call.far.localDescription)
        async with asyncio.timeout(10):
            await up.wait()
        return call

    yield make
    for call in calls:
        await call.close()


def sine(hertz: float, seconds: float, rate: int, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def pitch(sound: np.ndarray, rate: int) -> float:
    """The strongest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    return float(spectrum.argmax()) * rate / (1 << 18)


@pytest.fixture(name="sine")
def sine_fixture() -> Callable[..., np.ndarray]:
    """`sine(hertz, seconds, rate)`: float32."""
    return sine


@pytest.fixture(name="pitch")
def pitch_fixture() -> Callable[[np.ndarray, int], float]:
    """`pitch(sound, rate)`: the strongest frequency in Hz."""
    return pitch
