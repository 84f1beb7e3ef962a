"""How much may be asked for: one's own too much is a 429, everybody's a 503, and each says when to come back."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import aiohttp
import pytest
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from media.errors import DeyeonsoError
from signaling import limits as room
from signaling.auth import Auth
from signaling.limits import RULES, Limits, Rule
from signaling.proxies import client_address
from tests.fakes.supabase import FakeSupabase
from tests.signaling.service import agreed, running

FEW = Rule(per_minute=60, burst=3, at_once=2, together=3)


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


def refusal(limits: Limits, who: str, now: float) -> DeyeonsoError | None:
    try:
        with limits.slot("chat", who, now):
            return None
    except DeyeonsoError as error:
        return error


def test_a_burst_passes_and_then_one_at_its_pace():
    limits = Limits({"chat": FEW})
    assert [refusal(limits, "bora", 0.0) for _ in range(3)] == [None] * 3
    refused = refusal(limits, "bora", 0.0)
    assert (refused.code, refused.retry_after) == ("too_many_requests", 1.0)
    assert refusal(limits, "another", 0.0) is None
    assert refusal(limits, "bora", 1.0) is None


def test_what_is_under_way_counts_for_one_and_for_all():
    limits = Limits({"chat": Rule(6000, 100, at_once=2, together=3)})
    with ExitStack() as held:
        for who in ("bora", "bora", "another"):
            held.enter_context(limits.slot("chat", who, 0.0))
        assert refusal(limits, "bora", 0.0).code == "too_many_requests"
        assert refusal(limits, "third", 0.0).code == "overloaded"
    assert refusal(limits, "third", 0.0) is None
    assert refusal(limits, "bora", 0.0) is None


def test_people_who_come_once_are_forgotten(monkeypatch):
    monkeypatch.setattr(room, "REMEMBERED", 100)
    limits = Limits()
    for number in range(1000):
        assert refusal(limits, f"p{number}", 0.0) is None
    assert len(limits._gates) == 100
    assert not limits._own


async def offer() -> tuple[RTCPeerConnection, dict[str, str]]:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTrack(AudioStreamTrack())
    await pc.setLocalDescription(await pc.createOffer())
    return pc, {"sdp": pc.localDescription.sdp, "type": "offer"}


async def test_a_flood_of_offers_is_told_when_to_come_back(tmp_path, http):
    async with running(tmp_path, allowances=Limits({**RULES, "offers": FEW})) as service:
        statuses = []
        for _ in range(8):
            async with http.post(service.url + "/calls", json={"sdp": "v=0", "type": "offer"}) as response:
                statuses.append(response.status)
                if response.status == 429:
                    assert int(response.headers["Retry-After"]) >= 1
        assert statuses == [400] * 3 + [429] * 5
        async with http.get(service.url + "/calls/x") as response:
            assert response.status == 404  # other work goes on


async def test_everybodys_calls_and_ones_own_are_bounded(tmp_path, http):
    pc, body = await offer()
    try:
        async with (
            FakeSupabase() as supabase,
            Auth(supabase.url) as auth,
            running(tmp_path, auth, max_calls=3, per_user=2) as service,
        ):
            got = []
            for who in ("a", "b", "c"):
                await agreed(service.store, supabase.add(f"{who}@example.com")["id"])
            for who in ("a", "a", "a", "b", "c"):
                bearer = {"Authorization": f"Bearer {supabase.token(f'{who}@example.com')}"}
                async with http.post(service.url + "/calls", json=body, headers=bearer) as response:
                    code = (await response.json()).get("error", {}).get("code")
                    got.append((response.status, code, "Retry-After" in response.headers))
        assert got == [(201, None, False)] * 2 + [
            (429, "too_many_calls", True), (201, None, False), (503, "busy", True)]  # fmt: skip
    finally:
        await pc.close()


async def test_slow_requests_hold_their_places(tmp_path, http):
    go = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await go.wait()
        return web.Response()

    rules = {**RULES, "requests": Rule(6000, 100, at_once=2, together=16)}
    async with running(tmp_path, routes=[web.post("/slow", slow)], allowances=Limits(rules)) as service:
        async with asyncio.TaskGroup() as tasks:
            first = [tasks.create_task(http.post(service.url + "/slow", json={})) for _ in range(2)]
            await asyncio.sleep(0.2)
            async with http.post(service.url + "/slow", json={}) as third:
                assert third.status == 429
            go.set()
        assert [one.result().status for one in first] == [200, 200]


class Seen:
    """A request as far as its address goes."""

    def __init__(self, remote: str, *forwarded: str) -> None:
        self.remote = remote
        self.headers = self
        self._forwarded = list(forwarded)

    def getall(self, name: str, default: list[str]) -> list[str]:
        return self._forwarded or default


def test_a_forwarded_address_is_believed_only_from_a_proxy_of_ours():
    from ipaddress import ip_network

    plain, behind = client_address(), client_address([ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32")])
    assert plain(Seen("203.0.113.9", "1.2.3.4")) == "203.0.113.9"
    assert behind(Seen("203.0.113.9", "1.2.3.4")) == "203.0.113.9"
    assert behind(Seen("127.0.0.1", "1.2.3.4, 203.0.113.9")) == "203.0.113.9"
    assert behind(Seen("127.0.0.1", "6.6.6.6, 203.0.113.9", "10.1.1.1")) == "203.0.113.9"
    assert behind(Seen("127.0.0.1", "nonsense")) == "nonsense"
    assert behind(Seen("127.0.0.1")) == "127.0.0.1"
