"""What may enter aiortc: SDP offers and ICE candidates are checked here first, because aiortc checks too little.

Pure functions; they must not know HTTP or peer connections. aiortc 1.16 sends STUN to any candidate it is told, a port
of -1 kills its ICE socket, and a missing fingerprint is an AssertionError in a background task.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from aiortc import RTCIceCandidate
from aiortc.sdp import SessionDescription, candidate_from_sdp

from media.errors import DeyeonsoError

MAX_BYTES = 64 * 1024
MAX_SECTIONS = 4
MAX_CANDIDATES = 32
_LABEL = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.local$")  # mDNS names browsers hide hosts behind

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Where clouds tell a machine its own secrets, beside 169.254.169.254, which is link-local.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))


@dataclass(frozen=True, slots=True)
class Policy:
    """Where media may be sent to. Loopback peers are for a server that itself only listens on loopback."""

    loopback: bool
    private: bool = True  # 10/8, 172.16/12, 192.168/16, fc00::/7, names of mDNS: people on the same network


def bad(message: str) -> DeyeonsoError:
    return DeyeonsoError("bad_sdp", message, "caller")


def check_offer(sdp: object, kind: object, policy: Policy) -> str:
    """The offer, with forbidden candidates taken out. Raises DeyeonsoError `bad_sdp` | `sdp_too_large` | `no_audio`."""
    if kind != "offer":
        raise bad('"type" must be "offer"')
    if not isinstance(sdp, str) or not sdp.strip():
        raise bad('"sdp" is empty')
    if len(sdp.encode("utf-8", "replace")) > MAX_BYTES:
        raise DeyeonsoError("sdp_too_large", f"an offer may have at most {MAX_BYTES} bytes", "caller")
    if not sdp.startswith("v=0"):
        raise bad("this is no SDP: it must begin with v=0")
    lines = sdp.splitlines()
    if sum(line.startswith("m=") for line in lines) > MAX_SECTIONS:
        raise bad(f"at most {MAX_SECTIONS} media sections")
    if sum(line.startswith("a=candidate:") for line in lines) > MAX_CANDIDATES:
        raise bad(f"at most {MAX_CANDIDATES} candidates")
    allowed = "".join(line + "\r\n" for line in lines if line and _acceptable(line, policy))
    try:
        description = SessionDescription.parse(allowed)
    except Exception as error:  # aiortc's parser raises whatever its string operations raise
        raise bad(f"this SDP cannot be read ({type(error).__name__})") from None
    if not any(m.kind == "audio" and m.port for m in description.media):
        raise DeyeonsoError("no_audio", "the offer has no audio: a call needs a microphone", "caller")
    if not any(c.mimeType.lower() == "audio/opus" for m in description.media for c in m.rtp.codecs):
        raise bad("the audio offers no Opus")
    for media in description.media:
        if media.dtls is None or not media.dtls.fingerprints:
            raise bad("no DTLS fingerprint")
        if media.ice is None or not media.ice.usernameFragment or not media.ice.password:
            raise bad("no ICE credentials")
        if media.kind in ("audio", "video") and not media.rtp.codecs:
            raise bad(f"the {media.kind} section names no codec")
        if media.kind in ("audio", "video") and not media.rtcp_mux:
            raise bad(f"the {media.kind} section has no rtcp-mux")
    names = [media.rtp.muxId for media in description.media]
    if "" in names or len(set(names)) < len(names):
        raise bad("every media section needs a mid of its own")
    bundles = [group.items for group in description.group if group.semantic == "BUNDLE"]
    in_use = {media.rtp.muxId for media in description.media if media.port}
    if len(bundles) > 1 or any(not in_use <= set(items) <= set(names) for items in bundles):
        # aiortc loses a transport of what is bundled with something that is not there, and its sockets with it.
        raise bad("one BUNDLE group must name the media sections, and nothing else")
    return allowed


def _acceptable(line: str, policy: Policy) -> bool:
    if not line.startswith("a=candidate:"):
        return True
    try:
        candidate = candidate_from_sdp(line.removeprefix("a=candidate:").strip())
    except Exception:
        raise bad("a candidate cannot be read") from None
    return allowed_candidate(candidate, policy)


def allowed_candidate(candidate: RTCIceCandidate, policy: Policy) -> bool:
    """May STUN be sent there? Raises `bad_sdp` for what no client would send (a port that is none)."""
    if not 0 < candidate.port <= 65535:
        raise bad(f"candidate port {candidate.port} is none")
    if candidate.protocol.lower() != "udp":
        return False  # aiortc speaks UDP only
    if _LABEL.match(candidate.ip):
        return policy.private  # a name of somebody on the same network
    try:
        address = ipaddress.ip_address(candidate.ip.split("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        address = _inner(address) or address
    if address in _METADATA:
        return False
    if address.is_loopback:
        return policy.loopback
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    return policy.private or address.is_global


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64)."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def read_candidate(line: object, mid: object, index: object, policy: Policy) -> RTCIceCandidate | None:
    """One trickled candidate; None for end-of-candidates (an empty string) and for what policy forbids."""
    if not isinstance(line, str) or len(line) > 512:
        raise bad("a candidate must be a short string")
    text = line.strip().removeprefix("a=").removeprefix("candidate:").strip()
    if not text:
        return None
    try:
        candidate = candidate_from_sdp(text)
    except Exception:
        raise bad("a candidate cannot be read") from None
    candidate.sdpMid = mid if isinstance(mid, str) else None
    candidate.sdpMLineIndex = index if isinstance(index, int) else None
    if candidate.sdpMid is None and candidate.sdpMLineIndex is None:
        raise bad("a candidate needs sdpMid or sdpMLineIndex")
    return candidate if allowed_candidate(candidate, policy) else None


def read_fragment(fragment: str, policy: Policy) -> list[RTCIceCandidate]:
    """Candidates of an `application/trickle-ice-sdpfrag` body (RFC 8840)."""
    if len(fragment) > MAX_BYTES:
        raise DeyeonsoError("sdp_too_large", f"a fragment may have at most {MAX_BYTES} bytes", "caller")
    candidates: list[RTCIceCandidate] = []
    mid: str | None = None
    for line in fragment.splitlines():
        if line.startswith("a=mid:"):
            mid = line.removeprefix("a=mid:").strip()
        elif line.startswith("a=candidate:"):
            found = read_candidate(line, mid or "0", None, policy)
            if found is not None:
                candidates.append(found)
    if len(candidates) > MAX_CANDIDATES:
        raise bad(f"at most {MAX_CANDIDATES} candidates")
    return candidates
