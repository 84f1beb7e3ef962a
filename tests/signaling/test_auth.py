"""Who asks: right tokens are believed and attackers' are not, by HTTP, WHIP and WebSocket, with both kinds of key."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import jwt
import pytest
import pytest_asyncio
from aiohttp import WSMsgType, web

from signaling.auth import Auth
from signaling.context import admit, user_of
from signaling.errors import DeyeonsoError
from storage import User
from tests.fakes.supabase import FakeSupabase, Script
from tests.signaling.attacks import ATTACKS
from tests.signaling.service import Service, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = "a-secret-as-long-as-supabase-makes-them-0123456789"


async def echo(request: web.Request) -> web.StreamResponse:
    """A socket that says who it belongs to."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    try:
        await admit(request, socket)
    except DeyeonsoError:
        return socket
    await socket.send_json({"user": user_of(request)})
    await socket.close()
    return socket


@dataclasses.dataclass
class World:
    supabase: FakeSupabase
    service: Service
    http: aiohttp.ClientSession

    async def post(self, path: str, token: str, **how: object) -> tuple[int, dict]:
        headers = {"Authorization": f"Bearer {token}", **how.pop("headers", {})}
        async with self.http.post(self.service.url + path, headers=headers, **how) as response:
            body = await response.json() if response.content_type == "application/json" else {}
            return response.status, body


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["secret", "jwks"])
async def world(request, tmp_path_factory) -> AsyncIterator[World]:
    """The service, trusting a Supabase that signs with a shared secret, or with a key it publishes."""
    script = Script(secret=SECRET if request.param == "secret" else "")
    folder: Path = tmp_path_factory.mktemp("auth")
    async with (
        FakeSupabase(script) as supabase,
        Auth(supabase.url, script.secret) as auth,
        running(folder, auth, routes=[web.get("/ws/echo", echo)]) as service,
        aiohttp.ClientSession() as http,
    ):
        yield World(supabase, service, http)


async def test_a_right_token_is_believed_and_its_person_kept(world: World):
    token = world.supabase.token("bora@example.com", user_metadata={"full_name": "김보라"})
    status, _ = await world.post("/ws/tickets", token)
    assert status == 201
    id = world.supabase.users["bora@example.com"]["id"]
    user = await world.service.store.get(User, id, owner=id)
    assert (user.email, user.name) == ("bora@example.com", "김보라")
    identity = await world.service.auth.identify(token)
    assert identity.user_id == id
    assert dt.timedelta(minutes=59) < identity.expires - dt.datetime.now(dt.UTC) < dt.timedelta(minutes=61)


async def test_a_changed_address_is_kept_and_a_name_chosen_here_stays(world: World):
    told = world.supabase.add("old@example.com", name="옛 이름")
    id = told["id"]
    assert (await world.post("/ws/tickets", world.supabase.token("old@example.com")))[0] == 201
    await world.service.store.update(User, id, owner=id, name="내가 고른 이름")
    token = world.supabase.token("old@example.com", email="new@example.com")
    assert (await world.post("/ws/tickets", token))[0] == 201
    user = await world.service.store.get(User, id, owner=id)
    assert (user.email, user.name) == ("new@example.com", "내가 고른 이름")


async def test_rights_come_from_app_metadata_only(world: World):
    boast = {"role": "admin", "roles": ["admin"]}
    token = world.supabase.token("boaster@example.com", user_metadata=boast)
    assert (await world.service.auth.identify(token)).roles == frozenset()
    token = world.supabase.token("operator@example.com", app_metadata={"roles": ["admin"], "role": "helper"})
    assert (await world.service.auth.identify(token)).roles == {"admin", "helper"}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_wrong_token_is_refused_by_http_whip_and_websocket(world: World, attack: str):
    token = ATTACKS[attack](world.supabase)
    with pytest.raises(DeyeonsoError) as caught:
        await world.service.auth.identify(token)
    assert caught.value.code == ("token_expired" if attack == "exp past" else "token_invalid")
    assert token not in caught.value.message
    # aiohttp itself refuses a header of more than 8 kB
    refused = (400,) if len(token) > 8000 else (401,)
    offer = {"data": "v=0\r\n", "headers": {"Content-Type": "application/sdp"}}
    assert (await world.post("/calls", token, json={"sdp": "v=0", "type": "offer"}))[0] in refused
    assert (await world.post("/calls", token, **offer))[0] in refused
    assert (await world.post("/ws/tickets", token))[0] in refused
    async with world.http.ws_connect(f"{world.service.url}/ws/echo") as socket:
        await socket.send_json({"type": "ticket", "ticket": token})
        assert (await socket.receive_json())["error"]["code"] == "ticket_invalid"
        assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        assert socket.close_code == 4401


async def test_a_refusal_tells_the_browser_to_refresh(world: World):
    for token, code in (
        (world.supabase.token("late@example.com", exp=1_700_000_000), "token_expired"),
        ("", "unauthorized"),
    ):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with world.http.post(f"{world.service.url}/calls", headers=headers) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"] == f'Bearer error="{code}"'
            assert (await response.json())["error"]["code"] == code


@pytest.mark.parametrize("given", [["Basic dXNlcjpwYXNz"], ["Bearer"], ["Bearer  "], ["a", "b"], ["Bearer x y"]])
async def test_only_one_bearer_is_an_authorization(world: World, given: list[str]):
    right = world.supabase.token("twice@example.com")
    headers = [("Authorization", one) for one in given]
    if len(given) == 2:
        headers = [("Authorization", f"Bearer {right}"), ("Authorization", f"Bearer {right}")]
    async with world.http.post(f"{world.service.url}/ws/tickets", headers=headers) as response:
        assert response.status == 401


async def test_a_token_in_the_address_is_refused_even_if_it_is_right(world: World):
    token = world.supabase.token("bora@example.com")
    for name in ("token", "access_token", "ticket"):
        status, body = await world.post("/ws/tickets", token, params={name: token})
        assert (status, body["error"]["code"]) == (400, "secret_in_address")


async def test_without_the_providers_address_any_issuer_with_the_secret_is_believed():
    now = int(dt.datetime.now(dt.UTC).timestamp())
    claims = {"sub": "u1", "aud": "authenticated", "iss": "our own", "iat": now, "exp": now + 60}
    async with Auth(secret=SECRET) as auth:
        assert (await auth.identify(jwt.encode(claims, SECRET, "HS256"))).user_id == "u1"
        for missing in claims:
            with pytest.raises(DeyeonsoError, match="MissingRequiredClaim"):
                await auth.identify(jwt.encode({k: v for k, v in claims.items() if k != missing}, SECRET, "HS256"))
