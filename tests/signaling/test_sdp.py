"""signaling/sdp.py: what may enter aiortc."""

import re

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from media.errors import DeyeonsoError
from signaling.sdp import MAX_BYTES, Policy, allowed_candidate, check_offer, read_candidate, read_fragment

HOME = Policy(loopback=True)
OPEN = Policy(loopback=False)
CANDIDATE = "candidate:1 1 udp 2130706431 {} {} typ host"


@pytest.fixture
async def offer():
    """A real offer with audio and a data channel."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(AudioStreamTrack())
    pc.createDataChannel("chat")
    await pc.setLocalDescription(await pc.createOffer())
    yield pc.localDescription.sdp
    await pc.close()


def code_of(sdp, kind="offer", policy=HOME):
    with pytest.raises(DeyeonsoError) as caught:
        check_offer(sdp, kind, policy)
    assert caught.value.whose == "caller"
    return caught.value.code


def test_a_real_offer_passes(offer):
    assert "m=audio" in check_offer(offer, "offer", HOME)


@pytest.mark.parametrize(
    "sdp", [None, 7, "", "   ", "hello", "{}", "v=0\r\n", "v=0\r\nm=audio\r\n", "v=0\r\n" + "\x00" * 50]
)
def test_what_is_no_offer_is_refused(sdp):
    assert code_of(sdp) in ("bad_sdp", "no_audio")


def test_an_answer_is_no_offer(offer):
    assert code_of(offer, kind="answer") == "bad_sdp"


def test_five_megabytes_are_too_large_without_being_parsed(offer):
    assert code_of(offer + "a=x:" + "y" * 5_000_000) == "sdp_too_large"
    assert len(offer) < MAX_BYTES


def test_an_offer_without_audio_says_so(offer):
    without = offer[: offer.index("m=audio")] + offer[offer.index("m=application") :]
    assert code_of(without) == "no_audio"


def test_a_rejected_audio_section_is_no_audio(offer):
    assert code_of(re.sub(r"m=audio \d+", "m=audio 0", offer)) == "no_audio"


def test_audio_without_opus_cannot_be_answered(offer):
    assert code_of(re.sub(r"a=rtpmap:(\d+) opus/48000/2\r\n", "", offer)) == "bad_sdp"


def test_no_fingerprint_is_refused_before_aiortc_asserts(offer):
    assert code_of(re.sub(r"a=fingerprint:.*\r\n", "", offer)) == "bad_sdp"


def test_no_ice_credentials_are_refused(offer):
    assert code_of(re.sub(r"a=ice-(ufrag|pwd):.*\r\n", "", offer)) == "bad_sdp"


def test_an_audio_section_that_keeps_rtcp_apart_is_refused(offer):
    assert code_of(offer.replace("a=rtcp-mux\r\n", "")) == "bad_sdp"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0;1"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0 1 7"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0 1\r\na=group:BUNDLE 0 1"),
        ("a=mid:1", "a=mid:0"),
        ("a=mid:1\r\n", ""),
    ],
)
def test_a_bundle_of_what_is_not_there_would_lose_sockets(offer, old, new):
    assert old in offer
    assert code_of(offer.replace(old, new)) == "bad_sdp"


def test_a_section_that_is_not_wanted_may_stand_outside_the_bundle(offer):
    section = offer[offer.index("m=audio") : offer.index("m=application")]
    rejected = re.sub(r"m=audio \d+", "m=video 0", section).replace("a=mid:0", "a=mid:9")
    check_offer(offer + re.sub(r"opus/48000/2", "VP8/90000", rejected), "offer", HOME)


def test_too_many_sections_and_candidates_are_refused(offer):
    section = offer[offer.index("m=audio") : offer.index("m=application")]
    assert code_of(offer + section * 4) == "bad_sdp"
    many = "".join(f"a={CANDIDATE.format('192.168.0.7', 1000 + i)}\r\n" for i in range(1000))
    assert code_of(offer + many) == "bad_sdp"


@pytest.mark.parametrize("port", ["-1", "0", "99999", "x"])
def test_a_port_that_is_none_is_refused(offer, port):
    assert code_of(offer + f"a={CANDIDATE.format('192.168.0.7', port)}\r\n") == "bad_sdp"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("192.168.0.7", True),
        ("8.8.8.8", True),
        ("a1b2c3d4-0000-4000-8000-1234567890ab.local", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("169.254.169.254", False),
        ("::ffff:169.254.169.254", False),
        ("fe80::1", False),
        ("224.0.0.251", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("10.0.0.7", True),
        ("100.64.0.7", True),
        ("fd00::7", True),
        ("fd00:ec2::254", False),
        ("100.100.100.200", False),
        ("::ffff:7f00:1", False),
        ("64:ff9b::127.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),
        ("::127.0.0.1", False),
        ("ff02::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("0x7f000001", False),
        ("2130706433", False),
        ("127.1", False),
        ("evil.example", False),
        ("localhost.local.evil.example", False),
        ("metadata.internal", False),
        ("localhost", False),
    ],
)
def test_media_goes_only_where_policy_lets_it(offer, address, allowed):
    line = CANDIDATE.format(address, 5000)
    assert (read_candidate(line, "0", 0, OPEN) is not None) == allowed
    assert (f"a={line}" in check_offer(offer + f"a={line}\r\n", "offer", OPEN)) == allowed


def test_loopback_is_for_a_server_on_loopback():
    for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        assert read_candidate(CANDIDATE.format(address, 5000), "0", 0, HOME) is not None
    assert read_candidate(CANDIDATE.format("169.254.169.254", 5000), "0", 0, HOME) is None


def test_a_server_for_the_internet_sends_nothing_into_its_own_network():
    internet = Policy(loopback=False, private=False)
    for address in ("10.0.0.7", "192.168.0.7", "172.16.0.7", "100.64.0.7", "fd00::7", "a1b2.local", "127.0.0.1"):
        assert read_candidate(CANDIDATE.format(address, 5000), "0", 0, internet) is None
    assert read_candidate(CANDIDATE.format("8.8.8.8", 5000), "0", 0, internet) is not None


def test_tcp_candidates_are_passed_over_because_aiortc_speaks_udp():
    candidate = "candidate:1 1 tcp 1518280447 192.168.0.7 9 typ host tcptype active"
    assert read_candidate(candidate, "0", 0, HOME) is None


def test_an_empty_candidate_is_the_end_of_candidates():
    assert read_candidate("", "0", 0, HOME) is None


@pytest.mark.parametrize("line", [7, None, "x" * 600, "candidate:1 1 udp", "candidate:a b c d e f g h"])
def test_a_candidate_that_cannot_be_read_is_refused(line):
    with pytest.raises(DeyeonsoError) as caught:
        read_candidate(line, "0", 0, HOME)
    assert caught.value.code == "bad_sdp"


def test_a_candidate_without_a_section_is_refused():
    with pytest.raises(DeyeonsoError):
        read_candidate(CANDIDATE.format("192.168.0.7", 5000), None, None, HOME)


def test_a_trickled_fragment_gives_each_candidate_its_section():
    fragment = (
        "a=ice-ufrag:x\r\na=ice-pwd:y\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
        f"a={CANDIDATE.format('192.168.0.7', 5000)}\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n"
        f"a={CANDIDATE.format('192.168.0.7', 5001)}\r\n"
        f"a={CANDIDATE.format('169.254.169.254', 80)}\r\na=end-of-candidates\r\n"
    )
    found = read_fragment(fragment, OPEN)
    assert [(c.sdpMid, c.port) for c in found] == [("0", 5000), ("1", 5001)]
    assert all(allowed_candidate(c, OPEN) for c in found)
