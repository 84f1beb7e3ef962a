"""What a hostile peer may send: broken offers, floods of candidates and messages. The service and its calls go on."""

from __future__ import annotations

import asyncio
import gc
import random
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from media.errors import DeyeonsoError
from signaling.call_limits import CallLimits
from signaling.headless import HeadlessPeer
from signaling.peer import TRICKLED, Peer
from signaling.sdp import Policy, check_offer
from tests.signaling.service import Service, running

FILES = Path("/proc/self/fd")
NUMBERS = ["-1", "0", "99999", "4294967296", "9" * 40, ""]


def open_files() -> int:
    return sum(1 for _ in FILES.iterdir()) if FILES.is_dir() else 0


def broken(offer: str, dice: random.Random) -> str:
    """The offer with one to six faults."""
    lines = offer.split("\r\n")
    for _ in range(dice.choice([1, 1, 1, 2, 3, 6])):
        at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
        line = lines[at]
        match dice.randrange(7):
            case 0 if len(lines) > 5:
                del lines[at]
            case 1:
                lines.insert(other, line)
            case 2:
                lines[at], lines[other] = lines[other], line
            case 3 if line:
                place = dice.randrange(len(line))
                lines[at] = line[:place] + dice.choice("09 :/=-xZ\x00é;") + line[place + 1 :]
            case 4:
                lines[at] = re.sub(r"\d+", lambda _: dice.choice(NUMBERS), line)
            case 5:
                lines[at] = line[: dice.randrange(len(line) + 1)]
            case _:
                lines[at] = line + dice.choice([" ", " x", "\x00", "=", "A" * 500])
    return "\r\n".join(lines)


async def test_broken_offers_are_refused_or_answered_and_leave_nothing_behind():
    trouble: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: trouble.append(str(what)))
    caller = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for track in (AudioStreamTrack(), VideoStreamTrack()):
        caller.addTrack(track)
    caller.createDataChannel("chat")
    await caller.setLocalDescription(await caller.createOffer())
    offer, dice, fates = caller.localDescription.sdp, random.Random(7), []
    before = open_files()
    for _ in range(150):
        try:
            good = check_offer(broken(offer, dice), "offer", Policy(loopback=True))
        except DeyeonsoError:
            fates.append("refused")
            continue
        peer = Peer(AudioStreamTrack(), *(4 * [lambda _: None]))
        try:
            await peer.answer(good)
            fates.append("answered")
        except DeyeonsoError:
            fates.append("cannot be answered")
        await peer.close()
    assert open_files() <= before
    await caller.close()
    gc.collect()
    await asyncio.sleep(0.1)
    assert trouble == []
    assert fates.count("refused") > 30
    assert fates.count("answered") > 30


@pytest.fixture
async def service(tmp_path) -> AsyncIterator[Service]:
    async with running(tmp_path, limits=CallLimits(reload=0.2)) as one:
        yield one


async def alive(service: Service, peer: HeadlessPeer) -> bool:
    """Does the call still answer, by HTTP and over its data channel?"""
    before = len(peer.of_kind("bot-ready"))
    async with asyncio.timeout(10):
        while len(peer.of_kind("bot-ready")) == before:  # after a flood, what comes is passed over for a second
            peer.send("client-ready", {"version": "2.1.0"})
            await asyncio.sleep(0.2)
    url = f"{service.url}/calls/{peer.call['call_id']}"
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return (await response.json())["state"] == "connected"


async def test_candidates_without_end_are_refused_and_the_call_goes_on(service: Service):
    async with HeadlessPeer(service.url) as peer, aiohttp.ClientSession() as http:
        url = f"{service.url}/calls/{peer.call['call_id']}"
        statuses = []
        for batch in range(4):
            some = [
                {"candidate": f"candidate:1 1 udp 1 127.0.0.1 {9000 + batch * 32 + n} typ host", "sdpMid": "0"}
                for n in range(32)
            ]
            async with http.patch(url, json={"candidates": some}) as response:
                statuses.append(response.status)
        assert statuses[: TRICKLED // 32] == [204] * (TRICKLED // 32)
        assert statuses[-1] == 429
        assert await alive(service, peer)


async def test_a_flood_of_messages_is_passed_over_and_the_call_goes_on(service: Service):
    async with HeadlessPeer(service.url) as peer:
        for _ in range(1000):
            peer._channel.send("rubbish")
        began = peer.clock.now()
        assert await alive(service, peer)
        answered = [m for m in peer.of_kind("error") if m["data"]["code"] == "bad_message"]
        assert 1 <= len(answered) <= 60 * (1 + peer.clock.now() - began)


NO_MESSAGES: list[str | bytes] = [
    "", "[]", "null", "{", '{"label":"rtvi-ai"}', '{"label":"rtvi-ai","type":7}', b"\xff\x00", "x" * 20_000,
    '{"label":"rtvi-ai","type":"client-message","data":[]}', "[" * 10_000, '{"a":' * 2000,
    '{"label":"rtvi-ai","type":"send-text","data":{"content":{"$gt":""}}}',
]  # fmt: skip


async def test_messages_that_are_none_are_answered_and_the_call_goes_on(service: Service):
    async with HeadlessPeer(service.url) as peer:
        for raw in NO_MESSAGES:
            peer._channel.send(raw)
        await asyncio.sleep(0.3)
        assert await alive(service, peer)
        assert len([m for m in peer.of_kind("error") if m["data"]["code"] == "bad_message"]) >= 6


async def test_channels_without_end_are_not_listened_to(service: Service):
    async with HeadlessPeer(service.url) as peer:
        more = [peer._pc.createDataChannel(f"more {number}") for number in range(100)]
        for channel in more:
            channel.on("message", peer._on_message)  # she answers on the one that was opened last
        await asyncio.sleep(0.5)
        more[-1].send("rubbish")
        assert await alive(service, peer)
        assert not peer.of_kind("error")


async def test_a_message_of_sixteen_megabytes_ends_its_connection_before_it_fills_the_memory(service: Service):
    psutil = pytest.importorskip("psutil")
    process = psutil.Process()
    async with HeadlessPeer(service.url) as hostile, HeadlessPeer(service.url) as other:
        assert await alive(service, hostile)
        hostile._pc.sctp._remote_max_message_size = 0  # what we told it does not matter to it
        [call] = [call for call in service.calls.of("guest") if call.id == hostile.call["call_id"]]
        before, most, lag = process.memory_info().rss, 0, 0.0
        hostile._channel.send("x" * (16 << 20))
        clock = asyncio.get_running_loop().time
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                while call.state != "ended":
                    asked = clock()
                    await asyncio.sleep(0.05)
                    lag = max(lag, clock() - asked)
                    most = max(most, process.memory_info().rss - before)
        assert call.state == "ended"
        assert most < 64 << 20  # the sender's own copies are in this process too
        assert lag < 0.5
        assert await alive(service, other)
