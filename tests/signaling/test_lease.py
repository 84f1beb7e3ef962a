"""How long one stays: a call ends with the sign-in it was begun with, unless its person shows a fresh token."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import aiohttp
import pytest

from signaling import lease as room
from signaling.auth import Auth, Identity
from signaling.errors import DeyeonsoError
from signaling.headless import HeadlessPeer
from signaling.lease import Lease, Over, Renewed, Soon
from tests.fakes.supabase import ANON_KEY, FakeSupabase
from tests.signaling.service import Service, agreed, running


def bora(seconds: float) -> Identity:
    return Identity("bora", expires=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds))


async def at_most(seconds: float, lease: Lease) -> object:
    async with asyncio.timeout(seconds):
        return await lease.next()


async def test_a_stay_is_announced_and_then_over(monkeypatch):
    monkeypatch.setattr(room, "SOON", 0.2)
    lease = Lease(bora(0.4))
    soon = await at_most(1, lease)
    assert isinstance(soon, Soon)
    assert 0.05 < soon.seconds <= 0.2
    assert isinstance(await at_most(1, lease), Over)


async def test_a_guest_stays():
    with pytest.raises(TimeoutError):
        await at_most(0.2, Lease())


async def test_a_fresh_token_prolongs_a_stay_and_another_persons_does_not():
    async def check(token: object) -> Identity:
        if token == "fresh":
            return bora(3600)
        if token == "another's":
            return Identity("mallory", expires=bora(3600).expires)
        raise DeyeonsoError("token_invalid", "no", "caller")

    lease = Lease(bora(0.5), check)
    lease.show("fresh", "m1")
    assert await at_most(1, lease) == Renewed("m1", None)
    assert lease.expires > bora(3000).expires
    for bad in ("another's", "rubbish", None):
        lease.show(bad, "m2")
        answer = await at_most(1, lease)
        assert isinstance(answer, Renewed)
        assert answer.error.code == "token_invalid"
    with pytest.raises(TimeoutError):
        await at_most(0.7, lease)


def test_an_older_token_never_shortens_a_stay():
    lease = Lease(bora(600))
    until = lease.expires
    lease.extend(bora(60))
    assert lease.expires == until
    with pytest.raises(DeyeonsoError):
        lease.extend(Identity("mallory", expires=bora(6000).expires))


# -- real calls


@pytest.fixture
async def guarded(tmp_path) -> AsyncIterator[tuple[Service, FakeSupabase]]:
    async with FakeSupabase() as supabase, Auth(supabase.url) as auth, running(tmp_path, auth) as service:
        for who in ("bora", "mallory"):
            await agreed(service.store, supabase.add(f"{who}@example.com")["id"])
        yield service, supabase


async def report_of(service: Service, call: dict, token: str) -> dict:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"{service.url}/calls/{call['call_id']}") as got,
    ):
        return await got.json()


async def until(peer: HeadlessPeer, kind: str, count: int = 1) -> dict:
    return (await peer.until(kind, count, timeout=10))["data"]


def notices(peer: HeadlessPeer) -> list[str]:
    said = [m["data"] for m in peer.of_kind("server-message")]
    return [data["code"] for data in said if data["kind"] == "notice"]


async def test_a_call_ends_when_its_sign_in_does_whatever_wrong_token_is_shown(guarded):
    service, supabase = guarded
    supabase.script.lifetime = 4
    token = supabase.token("bora@example.com")
    supabase.script.lifetime = 3600
    wrong = [
        supabase.token("mallory@example.com"),
        supabase.token("bora@example.com", exp=1_700_000_000),
        "rubbish",
        "",
    ]
    async with HeadlessPeer(service.url, token=token) as peer:
        for count, one in enumerate(wrong, 1):
            peer.send("client-message", {"t": "token", "d": {"token": one}})
            assert (await until(peer, "error-response", count))["error"] in ("token_invalid", "token_expired")
        async with asyncio.timeout(8):
            while "signed_out" not in notices(peer):
                await asyncio.sleep(0.05)
        assert "sign_in_expiring" in notices(peer)[: notices(peer).index("signed_out")]
        again = supabase.token("bora@example.com")
        async with asyncio.timeout(5):
            while (report := await report_of(service, peer.call, again))["state"] != "ended":
                await asyncio.sleep(0.1)
    assert report["reason"] == "signed_out"
    assert 2 < report["seconds"] < 6


async def test_one_whose_sessions_were_revoked_gets_no_fresh_token_so_that_the_call_ends(guarded):
    service, supabase = guarded
    supabase.script.lifetime = 2
    key = {"apikey": ANON_KEY}
    asked = f"{supabase.issuer}/token?grant_type="
    async with aiohttp.ClientSession(headers=key) as http:
        person = {"email": "bora@example.com", "password": "correct horse"}
        async with http.post(f"{asked}password", json=person) as response:
            session = await response.json()
        async with HeadlessPeer(service.url, token=session["access_token"]) as peer:
            supabase.revoke("bora@example.com")
            once = {"refresh_token": session["refresh_token"]}
            async with http.post(f"{asked}refresh_token", json=once) as response:
                assert (await response.json())["error_code"] == "refresh_token_not_found"
            async with asyncio.timeout(5):
                while "signed_out" not in notices(peer):
                    await asyncio.sleep(0.05)


async def test_a_renewed_call_outlives_the_token_it_was_begun_with(guarded):
    service, supabase = guarded
    supabase.script.lifetime = 3
    token = supabase.token("bora@example.com")
    supabase.script.lifetime = 3600
    fresh = supabase.token("bora@example.com")
    async with HeadlessPeer(service.url, token=token) as peer:
        peer.send("client-message", {"t": "token", "d": {"token": fresh}})
        assert (await until(peer, "server-response"))["d"]["expires_at"]
        await asyncio.sleep(3.5)
        assert (await report_of(service, peer.call, fresh))["state"] == "connected"


async def test_nobody_touches_anothers_call(guarded):
    service, supabase = guarded
    mine, theirs = supabase.token("bora@example.com"), supabase.token("mallory@example.com")
    headers = {"Authorization": f"Bearer {theirs}"}
    async with HeadlessPeer(service.url, token=mine) as peer, aiohttp.ClientSession(headers=headers) as http:
        call = f"{service.url}/calls/{peer.call['call_id']}"
        offer = {"sdp": peer._pc.localDescription.sdp, "type": "offer"}
        for method, url, body in (
            ("GET", call, None),
            ("DELETE", call, None),
            ("PATCH", call, {"candidates": []}),
            ("POST", f"{service.url}/calls", {**offer, "resume_token": peer.call["resume_token"]}),
            ("POST", f"{service.url}/calls", {**offer, "session_id": peer.call["session_id"]}),
            ("PATCH", f"{service.url}/api/offer", {"pc_id": peer.call["call_id"], "candidates": []}),
        ):
            async with http.request(method, url, json=body) as response:
                assert response.status == 404, (method, url)
        # the kit's "renew": another's pc_id is as good as none, so it is a call of one's own
        async with http.post(f"{service.url}/api/offer", json={**offer, "pc_id": peer.call["call_id"]}) as response:
            assert (await response.json())["pc_id"] != peer.call["call_id"]
        assert (await report_of(service, peer.call, mine))["state"] == "connected"


async def test_coming_back_with_a_fresh_token_prolongs_the_call(guarded):
    service, supabase = guarded
    supabase.script.lifetime = 30
    token = supabase.token("bora@example.com")
    supabase.script.lifetime = 3600
    fresh = supabase.token("bora@example.com")
    async with HeadlessPeer(service.url, token=token) as peer:
        [call] = service.calls.of(supabase.users["bora@example.com"]["id"])
        async with HeadlessPeer(service.url, token=fresh, resume_token=peer.call["resume_token"]) as again:
            assert again.call["call_id"] == call.id
            assert call.lease.expires > dt.datetime.now(dt.UTC) + dt.timedelta(seconds=3000)
