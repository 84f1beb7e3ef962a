"""Who gets in: nobody who has not signed in, but to what is public; without any sign-in all are the same guest."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from signaling.auth import Auth
from signaling.context import SignIn
from signaling.headers import policy
from signaling.routes.pages import PAGES
from storage import User
from tests.fakes.supabase import ANON_KEY, FakeSupabase
from tests.signaling.service import Service, running

OPEN = {
    *(("GET", path) for path in PAGES),
    ("GET", "/favicon.ico"),
    ("GET", "/static"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/health"),
    ("GET", "/metrics"),  # and there asks where from, or for a token of its own
    ("GET", "/personas"),
    ("GET", "/personas/{id}"),
    ("GET", "/auth/config"),
    ("GET", "/voice/voices"),
}


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def guarded(tmp_path) -> AsyncIterator[tuple[Service, FakeSupabase]]:
    """The service where people must sign in."""
    async with FakeSupabase() as supabase, Auth(supabase.url) as auth:
        sign_in = SignIn(True, supabase.url, ANON_KEY)
        async with running(tmp_path, auth, sign_in=sign_in) as service:
            yield service, supabase


def routes_of(app: web.Application) -> list[tuple[str, str]]:
    routes = {(route.method, route.resource.canonical) for route in app.router.routes()}
    return sorted((method, path) for method, path in routes if method != "HEAD")


async def test_every_route_that_is_not_meant_for_all_asks_who_it_is(guarded, http):
    service, _ = guarded
    closed = [one for one in routes_of(service.app) if one not in OPEN and not one[1].startswith("/ws/l")]
    assert ("POST", "/calls") in closed
    assert len(closed) >= 8
    for method, path in closed:
        url = service.url + re.sub(r"\{[^}]*\}", "x", path)
        async with http.request("POST" if method == "*" else method, url, json={}) as response:
            assert response.status == 401, (method, path)
            assert response.headers["Cache-Control"] == "no-store"
            assert (await response.json())["error"]["code"] == "unauthorized"


async def test_what_is_public_is_answered_without_a_name(guarded, http):
    service, _ = guarded
    for path in ("/", "/health", "/personas", "/personas/seoa", "/openapi.json", "/docs", "/static/js/main.js"):
        async with http.get(service.url + path) as response:
            assert response.status == 200, path
    async with http.get(service.url + "/nowhere") as response:
        assert response.status == 404


async def test_the_document_says_of_each_route_whether_it_is_public(guarded, http):
    service, _ = guarded
    async with http.get(service.url + "/openapi.json") as response:
        document = await response.json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            public = operation["security"] == [{}]
            assert public == ((method.upper(), path) in OPEN), (method, path)


async def test_a_page_is_told_where_to_sign_in(guarded, http):
    service, supabase = guarded
    async with http.get(service.url + "/auth/config") as response:
        told = await response.json()
    assert told == {"required": True, "supabase_url": supabase.url, "anon_key": ANON_KEY}
    async with http.get(service.url + "/") as response:
        assert f"connect-src 'self' {supabase.url};" in response.headers["Content-Security-Policy"]


async def test_signing_up_in_and_refreshing_as_a_page_does_opens_the_service(guarded, http):
    service, supabase = guarded
    key = {"apikey": ANON_KEY}
    person = {"email": "bora@example.com", "password": "a good one", "data": {"name": "보라"}}
    async with http.post(f"{supabase.issuer}/signup", json=person, headers=key) as response:
        assert response.status == 200
    wrong = {**person, "password": "a bad one"}
    async with http.post(f"{supabase.issuer}/token?grant_type=password", json=wrong, headers=key) as response:
        assert (response.status, (await response.json())["error_code"]) == (400, "invalid_credentials")
    async with http.post(f"{supabase.issuer}/token?grant_type=password", json=person, headers=key) as response:
        session = await response.json()
    once = {"refresh_token": session["refresh_token"]}
    async with http.post(f"{supabase.issuer}/token?grant_type=refresh_token", json=once, headers=key) as response:
        renewed = await response.json()
    async with http.post(f"{supabase.issuer}/token?grant_type=refresh_token", json=once, headers=key) as response:
        assert (response.status, (await response.json())["error_code"]) == (400, "refresh_token_already_used")
    for token in (session["access_token"], renewed["access_token"]):
        bearer = {"Authorization": f"Bearer {token}"}
        async with http.post(f"{service.url}/ws/tickets", headers=bearer) as response:
            assert response.status == 201
    id = session["user"]["id"]
    assert (await service.store.get(User, id, owner=id)).name == "보라"


async def test_without_a_sign_in_everybody_is_the_same_guest(tmp_path, http):
    async with running(tmp_path) as service:
        async with http.get(service.url + "/auth/config") as response:
            assert await response.json() == {"required": False, "supabase_url": None, "anon_key": None}
        async with http.post(service.url + "/ws/tickets", headers={"Authorization": "Bearer nonsense"}) as response:
            assert response.status == 201
        assert (await service.store.get(User, "guest", owner="guest")).email is None


async def test_a_store_that_is_down_lets_people_in_all_the_same(guarded, http):
    service, supabase = guarded
    await service.store._engine.close()
    bearer = {"Authorization": f"Bearer {supabase.token('bora@example.com')}"}
    async with http.post(f"{service.url}/ws/tickets", headers=bearer) as response:
        assert response.status == 201, json.dumps(await response.json())


@pytest.mark.parametrize("url", ["https://abc.supabase.co", "https://abc.supabase.co/", "https://abc.supabase.co/base"])
def test_the_policy_names_the_provider_by_its_origin(url: str):
    assert "connect-src 'self' https://abc.supabase.co;" in policy(url)
    assert "connect-src 'self';" in policy()
