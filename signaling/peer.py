"""One peer connection: answers an offer, finds the tracks, carries messages, and knows whether the other end lives.

It must not know what is said or measured; a call may outlive its peer and take a new one (a Wi-Fi change).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiortc import (
    RTCConfiguration,
    RTCIceCandidate,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtcdatachannel import RTCDataChannel

from media import jitter
from media.errors import DeyeonsoError

log = structlog.get_logger()

_OPUS = [codec for codec in RTCRtpSender.getCapabilities("audio").codecs if codec.mimeType.lower() == "audio/opus"]
# VP8 before H.264: what is recorded is what came, and WebM holds VP8.
_VIDEO = sorted(RTCRtpSender.getCapabilities("video").codecs, key=lambda codec: codec.mimeType.lower() != "video/vp8")

OUTBOX = 256  # messages kept until the data channel opens; the oldest go first
CHANNEL_BACKLOG = 256 * 1024  # bytes waiting in SCTP before live messages are dropped
CLOSE_LIMIT = 3.0  # s
CHANNELS = 8  # a client opens one; a few more after mishaps
TRICKLED = 64  # candidates after the offer: each is sent packets to, and paired with each of ours


@dataclass(frozen=True, slots=True)
class Liveness:
    """When a peer is given up. Seconds."""

    connect: float = 15.0  # from the offer to "connected"
    silence: float = 4.5  # without a single packet of media, RTCP or data
    poll: float = 0.5


class _Outlet(MediaStreamTrack):
    """What she says, for one peer: aiortc stops a sender's track with the sender, but her voice outlives a peer."""

    kind = "audio"

    def __init__(self, source: MediaStreamTrack) -> None:
        super().__init__()
        self._source = source

    async def recv(self) -> Any:
        """The source's next packet. Raises MediaStreamError once this outlet or the source is stopped."""
        if self.readyState != "live":
            raise MediaStreamError
        return await self._source.recv()


class Peer:
    """One RTCPeerConnection as the answering side. Callbacks are plain functions called on the loop."""

    def __init__(
        self,
        outgoing: MediaStreamTrack,
        on_audio: Callable[[MediaStreamTrack], None],
        on_video: Callable[[MediaStreamTrack], None],
        on_message: Callable[[str | bytes], None],
        on_film: Callable[[RTCRtpReceiver], None],
        ice_servers: Sequence[RTCIceServer] = (),
    ) -> None:
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=list(ice_servers)))
        self._outgoing = _Outlet(outgoing)
        self._on_message = on_message
        self._on_film = on_film
        self._outbox: deque[str] = deque(maxlen=OUTBOX)
        self._channel: RTCDataChannel | None = None
        self._changed = asyncio.Event()
        self._closed = False
        self._tracks = {"audio": on_audio, "video": on_video}
        self._taken: set[str] = set()
        self.jitter: jitter.SpeechJitterBuffer | None = None
        self.dropped_messages = 0
        self._trickled = 0
        self._opened = 0  # data channels
        self._pc.on("track", self._on_track)
        self._pc.on("datachannel", self._on_channel)
        self._pc.on("connectionstatechange", self._changed.set)

    async def answer(self, sdp: str) -> str:
        """Negotiate a checked offer; the answer's SDP. Raises DeyeonsoError `bad_sdp`."""
        try:
            # Before the offer, or aiortc ignores the preference: what she says is ready-made Opus and nothing else.
            sending = self._pc.addTransceiver(self._outgoing, direction="sendrecv")
            sending.setCodecPreferences(_OPUS)
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="offer"))
            for transceiver in self._pc.getTransceivers():
                if transceiver.kind == "video":
                    transceiver.setCodecPreferences(_VIDEO)
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except (
            Exception
        ) as error:  # aiortc raises ValueError, AssertionError, InvalidStateError … for offers it cannot meet
            await self.close()
            raise DeyeonsoError(
                "bad_sdp", f"this offer cannot be answered ({type(error).__name__}: {error})", "caller"
            ) from error
        return str(self._pc.localDescription.sdp)

    async def add_candidate(self, candidate: RTCIceCandidate | None) -> None:
        """A trickled candidate; None for end-of-candidates. Raises DeyeonsoError `too_many_candidates`."""
        if self._closed:
            return
        self._trickled += 1
        if self._trickled > TRICKLED:
            raise DeyeonsoError("too_many_candidates", f"a connection takes at most {TRICKLED} candidates", "caller")
        with suppress(ValueError):
            await self._pc.addIceCandidate(candidate)

    @property
    def state(self) -> str:
        return "closed" if self._closed else str(self._pc.connectionState)

    def send(self, message: str) -> None:
        """Send on whichever channel the client opened; kept until it is open, dropped when it is choked."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            self._outbox.append(message)
        elif channel.bufferedAmount > CHANNEL_BACKLOG:
            self.dropped_messages += 1
        else:
            channel.send(message)

    async def until_dead(self, liveness: Liveness, on_connected: Callable[[], None]) -> str:
        """Wait until the peer never connected, hung up or fell silent: `never_connected` | `closed` | `lost`."""
        loop = asyncio.get_running_loop()
        offered = loop.time()
        packets, heard_at = -1, offered
        while True:
            state = self.state
            now = loop.time()
            if self._overfull():
                log.warning("peer_flooded")
                await self.close()
                return "closed"
            if state in ("closed", "failed"):
                return "closed" if state == "closed" else "lost"
            if state == "connected":
                if packets < 0:
                    on_connected()
                received = self._packets_received()
                if received != packets:
                    packets, heard_at = received, now
                elif now - heard_at >= liveness.silence:
                    return "lost"
            elif packets < 0 and now - offered >= liveness.connect:
                return "never_connected"
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(liveness.poll):
                    await self._changed.wait()

    def _overfull(self) -> bool:
        """Has more come in than fits the window we advertise? aiortc itself takes a message of any size."""
        return self._pc.sctp is not None and self._pc.sctp._advertised_rwnd < 0

    async def statistics(self) -> dict[str, Any]:
        """Packets and loss of each direction, as WebRTC's own statistics name them."""
        found: dict[str, Any] = {"state": self.state, "dropped_messages": self.dropped_messages}
        if self._closed:
            return found
        for entry in (await self._pc.getStats()).values():
            if entry.type in ("inbound-rtp", "outbound-rtp"):
                names = ("packetsReceived", "packetsLost", "jitter", "packetsSent", "bytesSent")
                values = {name: getattr(entry, name) for name in names if hasattr(entry, name)}
                found[f"{entry.kind}_{entry.type.removesuffix('-rtp')}"] = values
        return found

    async def round_trip(self) -> float | None:
        """Seconds to the other end and back, as its RTCP reports tell; None where it has sent none."""
        if self._closed:
            return None
        reports = await self._pc.getStats()
        times = [one.roundTripTime for one in reports.values() if one.type == "remote-inbound-rtp"]
        return min((float(time) for time in times if time is not None), default=None)

    async def drain(self, limit: float = 2.0) -> None:
        """Wait until what was sent has arrived, at most `limit` s: closing would take back what is still under way.

        A report has more packets than may be unacknowledged at once, and `bufferedAmount` does not count those.
        """
        sctp, channel = self._pc.sctp, self._channel
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while (  # noqa: ASYNC110  (aiortc tells nobody of an acknowledgement)
                    self.state == "connected"
                    and sctp is not None
                    and channel is not None
                    and (channel.bufferedAmount or sctp._outbound_queue or sctp._sent_queue)
                ):
                    await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Close for good; bounded, whatever aiortc waits for."""
        if self._closed:
            return
        self._closed = True
        self._changed.set()
        for receiver in self._pc.getReceivers():
            jitter.discard_backlog(receiver)
        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                await self._pc.close()
        except TimeoutError:
            log.warning("peer_close_timeout", seconds=CLOSE_LIMIT)
        except Exception as error:  # aiortc stumbles over what a failed negotiation left half made
            log.warning("peer_close_failed", why=type(error).__name__)
            await self._stop_transports()

    def _packets_received(self) -> int:
        """Media, RTCP and data alike: what proves life without the client's help. STUN does not count."""
        transports = {id(t): t for t in self._transports()}
        return sum(
            entry.packetsReceived for transport in transports.values() for entry in transport._get_stats().values()
        )

    def _transports(self) -> list[Any]:
        transports = [transceiver.receiver.transport for transceiver in self._pc.getTransceivers()]
        if self._pc.sctp is not None:
            transports.append(self._pc.sctp.transport)
        return transports

    async def _stop_transports(self) -> None:
        for transport in self._transports():
            for part in filter(None, (transport, getattr(transport, "transport", None))):
                with suppress(Exception):
                    await part.stop()

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind in self._taken:
            return  # a second camera (a shared screen) is not looked at
        self._taken.add(track.kind)
        receiver = next(r for r in self._pc.getReceivers() if r.track is track)
        if track.kind == "audio":
            self.jitter = jitter.install(receiver)
        else:
            self._on_film(receiver)
        self._tracks[track.kind](track)

    def _on_channel(self, channel: RTCDataChannel) -> None:
        self._opened += 1
        if self._opened > CHANNELS:
            return  # nobody listens to any more of them
        self._channel = channel
        channel.on("message", self._on_message)
        channel.on("open", self._flush)
        if channel.readyState == "open":
            self._flush()

    def _flush(self) -> None:
        while self._outbox:
            self.send(self._outbox.popleft())
