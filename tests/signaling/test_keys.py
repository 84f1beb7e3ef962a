"""signaling/keys.py against a provider that is slow, down, redirects, rotates or talks nonsense: nobody slips in."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from media.errors import DeyeonsoError
from signaling import keys as room
from signaling.auth import Auth
from signaling.keys import Keys, read_keys
from tests.fakes.supabase import FakeSupabase, Script, SigningKey
from tests.signaling.service import running

WHO = "bora@example.com"


@asynccontextmanager
async def watched(script: Script | None = None, cooldown: float = 0.2, fresh: float = 600.0):
    async with FakeSupabase(script) as supabase:
        keys = Keys(f"{supabase.issuer}/.well-known/jwks.json", cooldown, fresh)
        async with Auth(supabase.url, keys=keys) as auth:
            yield supabase, auth


async def code(auth: Auth, token: str) -> str | None:
    try:
        await auth.identify(token)
    except DeyeonsoError as error:
        return error.code
    return None


async def test_a_new_key_is_found_when_it_is_first_used():
    async with watched() as (supabase, auth):
        assert await code(auth, supabase.token(WHO)) is None
        supabase.keys.append(SigningKey())
        await asyncio.sleep(0.25)
        assert await code(auth, supabase.token(WHO)) is None
        assert supabase.jwks_requests == 2


async def test_unknown_keys_in_masses_cost_one_fetch_in_a_while():
    async with watched(cooldown=30) as (supabase, auth):
        assert await code(auth, supabase.token(WHO)) is None
        supabase.keys = [SigningKey()]
        tokens = [supabase.sign(supabase.claims(WHO)) for _ in range(50)]
        assert set(await asyncio.gather(*(code(auth, token) for token in tokens))) == {"token_invalid"}
        assert supabase.jwks_requests == 1


async def test_a_provider_that_is_down_leaves_the_known_keys_standing():
    async with watched(fresh=0.1) as (supabase, auth):
        token = supabase.token(WHO)
        assert await code(auth, token) is None
        supabase.script.jwks_status = 503
        await asyncio.sleep(0.25)
        for _ in range(3):
            assert await code(auth, token) is None
            await asyncio.sleep(0.15)
        assert supabase.jwks_requests > 1


async def test_a_withdrawn_key_opens_nothing_once_the_keys_are_renewed():
    async with watched(fresh=0.1) as (supabase, auth):
        token = supabase.token(WHO)
        assert await code(auth, token) is None
        supabase.keys = [SigningKey()]
        await asyncio.sleep(0.25)
        await code(auth, token)  # renews in the background
        await asyncio.sleep(0.3)
        assert await code(auth, token) == "token_invalid"


@pytest.mark.parametrize(
    "script",
    [
        Script(jwks_status=500),
        Script(jwks_redirect="https://evil.example/jwks.json"),
        Script(jwks_body=b"<html>"),
        Script(jwks_body=b"[]"),
        Script(jwks_body=b'{"keys": 7}'),
        Script(jwks_body=b'{"keys": "' + b"x" * 100_000 + b'"}'),
    ],
)
async def test_without_keys_nobody_is_believed_and_everybody_is_told_to_come_back(script, tmp_path):
    async with watched(script) as (supabase, auth):
        async with running(tmp_path, auth) as service, aiohttp.ClientSession() as http:
            bearer = {"Authorization": f"Bearer {supabase.token(WHO)}"}
            async with http.post(service.url + "/ws/tickets", headers=bearer) as response:
                assert response.status == 503
                assert int(response.headers["Retry-After"]) >= 1
                assert (await response.json())["error"]["code"] == "identity_unavailable"
            async with http.get(service.url + "/health") as response:
                assert response.status == 200
        supabase.script = Script()
        await asyncio.sleep(0.25)
        assert await code(auth, supabase.token(WHO)) is None  # and once it is back, they are


async def test_a_redirect_is_not_followed():
    asked = []

    async def evil(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"keys": [attacker.public]})

    attacker = SigningKey()
    app = web.Application()
    app.router.add_get("/jwks.json", evil)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with watched(Script(jwks_redirect=f"http://{host}:{port}/jwks.json")) as (supabase, auth):
        supabase.keys = [attacker]
        assert await code(auth, supabase.token(WHO)) == "identity_unavailable"
    assert asked == []
    await runner.cleanup()


async def test_a_slow_provider_holds_up_only_who_needs_it(monkeypatch, tmp_path):
    monkeypatch.setattr(room, "TIMEOUT", 1.0)
    async with watched(Script(jwks_delay=30)) as (supabase, auth), running(tmp_path, auth) as service:
        async with aiohttp.ClientSession() as http:
            bearer = {"Authorization": f"Bearer {supabase.token(WHO)}"}
            began = time.monotonic()
            waiting = [asyncio.ensure_future(http.post(service.url + "/ws/tickets", headers=bearer)) for _ in range(20)]
            slowest = 0.0
            while not all(one.done() for one in waiting):
                asked = time.monotonic()
                async with http.get(service.url + "/health") as response:
                    assert response.status == 200
                slowest = max(slowest, time.monotonic() - asked)
                await asyncio.sleep(0.02)
            took = time.monotonic() - began
        assert {one.result().status for one in waiting} == {503}
        assert 0.5 < took < 3
        assert slowest < 0.5
        assert supabase.jwks_requests == 1  # twenty waited for one


def test_only_keys_that_can_be_trusted_are_taken():
    good, curve = SigningKey(), ec.generate_private_key(ec.SECP384R1())
    small, large = (rsa.generate_private_key(65537, bits) for bits in (1024, 2048))
    keys = [
        good.public,
        {**good.public, "kid": "for encryption", "use": "enc"},
        {**good.public, "kid": "of another algorithm", "alg": "HS256"},
        {name: value for name, value in good.public.items() if name != "kid"},
        {**good.public, "kid": 7},
        {**good.public, "kid": ["x"]},
        {**ECAlgorithm.to_jwk(curve.public_key(), as_dict=True), "kid": "another curve"},
        {**RSAAlgorithm.to_jwk(small.public_key(), as_dict=True), "kid": "short"},
        {**RSAAlgorithm.to_jwk(large.public_key(), as_dict=True), "kid": "rsa"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a shared secret in public", "alg": "HS256"},
        {"kty": "EC", "crv": "P-256", "x": "!", "y": "!", "kid": "broken"},
        "no key",
    ]
    found = read_keys({"keys": keys})
    assert {name: key.algorithm for name, key in found.items()} == {good.id: "ES256", "rsa": "RS256"}
