"""What is one person's is nobody else's: asked for by another it does not exist, listed for another it is not there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from persona import PersonaManager
from signaling.auth import Auth
from signaling.routes.pages import PAGES
from storage import (
    Access,
    ChatMessage,
    ChatSession,
    Consent,
    Fact,
    Feedback,
    Memory,
    OwnPersona,
    Recording,
    Turn,
    Upload,
)
from storage.types import Document, now
from tests.fakes.supabase import FakeSupabase
from tests.signaling.service import Service, agreed, running

MARK = "보라만의비밀"
BODIES = {
    "PATCH /chat/sessions/{id}": {"session_name": "x"},
    "PATCH /memories/{persona_id}": {"summary": "x"},
    "PATCH /memories/{persona_id}/facts/{fact_id}": {"value": "x"},
    "PATCH /calls/{id}": {"candidates": []},
}
# Asked with a body that names somebody's object.
NAMED = [
    ("POST", "/chat", {"message": "안녕", "session_id": "{session}"}),
    ("POST", "/chat", {"message": "안녕", "persona_id": "{persona}"}),
    ("POST", "/personas/{persona}/activate", None),
]


@dataclass
class World:
    service: Service
    http: aiohttp.ClientSession
    bora: str  # her id
    things: list[Document]
    ids: dict[str, str]
    hers: dict[str, str]  # headers
    theirs: dict[str, str]

    async def ask(self, method: str, path: str, headers: dict[str, str], body: object = None) -> tuple[int, str]:
        async with self.http.request(method, self.service.url + path, headers=headers, json=body) as response:
            return response.status, (await response.read()).decode("utf-8", "replace")


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    """Bora has one of everything; Mallory has an account."""
    async with (
        FakeSupabase() as supabase,
        Auth(supabase.url) as auth,
        running(tmp_path, auth) as service,
        aiohttp.ClientSession() as http,
    ):
        bearers = [{"Authorization": f"Bearer {supabase.token(f'{who}@example.com')}"} for who in ("bora", "mallory")]
        bora = supabase.users["bora@example.com"]["id"]
        for headers in bearers:
            async with http.post(service.url + "/ws/tickets", headers=headers) as response:
                assert response.status == 201
        for user in supabase.users.values():
            await agreed(service.store, user["id"])
        seoa = PersonaManager().get_persona("seoa")
        own = seoa.model_copy(update={"id": "bora-own", "name": MARK})
        session = ChatSession(user_id=bora, session_name=MARK, persona_name="이서아", persona_id="seoa")
        files = [service.store.files.new(bora, suffix) for suffix in (".webm", ".wav")]
        for file in files:
            service.store.files.path(file).write_text(MARK)
        fact = Fact(slot="job", value=MARK, turn=1, at=now())
        at = {"session_id": session.id, "user_id": bora}
        things: list[Document] = [
            session,
            ChatMessage(**at, content=MARK, role="user"),
            Turn(**at, call_id="call", turn=1, said=MARK),
            Feedback(**at, feedback={"summary": MARK}),
            Memory(user_id=bora, persona_id="seoa", summary=MARK, facts=(fact,)),
            OwnPersona(user_id=bora, persona_id=own.id, persona=own.model_dump(mode="json")),
            Recording(**at, call_id="call", file=files[0], media_type="video/webm", size=3, seconds=1),
            Upload(user_id=bora, file=files[1], media_type="audio/wav", size=3),
            Consent(user_id=bora, to="call", version="1", granted=True),
            Access(user_id=bora, actor=bora, action="read", target=MARK),
        ]  # fmt: skip
        for thing in things:
            await service.store.add(thing)
        ids = {"session": session.id, "persona": own.id, "upload": things[7].id, "recording": things[6].id}
        yield World(service, http, bora, things, ids, *bearers)


def filled(path: str, ids: dict[str, str]) -> str:
    """The route's address with Bora's own ids in it."""
    if path.startswith("/personas"):
        return path.replace("{id}", ids["persona"])
    if path.startswith("/upload"):
        return path.replace("{id}", ids["upload"])
    return path.replace("{persona_id}", "seoa").replace("{fact_id}", "job.1").replace("{id}", ids["session"])


async def test_nobody_sees_or_changes_anything_of_anothers(world: World):
    asked = 0
    for route in world.service.app.router.routes():
        method, path = route.method, route.resource.canonical
        page = path in PAGES or path.startswith(("/static", "/ws/"))
        if page or method in ("HEAD", "*") or ("{" not in path and method != "GET"):
            continue
        asked += 1
        body = BODIES.get(f"{method} {path}", {} if method in ("POST", "PUT", "PATCH") else None)
        status, text = await world.ask(method, filled(path, world.ids), world.theirs, body)
        assert MARK not in text, (method, path)
        assert world.bora not in text, (method, path)
        if "{" in path:
            assert status == 404 or (method == "PUT" and status == 422), (method, path, status, text[:200])
    assert asked > 20
    for method, path, given in NAMED:
        body = given and {name: value.format(**world.ids) for name, value in given.items()}
        status, text = await world.ask(method, path.format(**world.ids), world.theirs, body)
        assert status == 404, (method, path, status, text[:200])
    for thing in world.things:
        owner = world.bora
        assert await world.service.store.get(type(thing), thing.id, owner=owner) == thing


async def test_erasing_oneself_erases_nobody_else(world: World):
    status, text = await world.ask("DELETE", "/users/me", world.theirs, {"confirm": True})
    assert status in (200, 204, 400), text
    for thing in world.things:
        assert await world.service.store.get(type(thing), thing.id, owner=world.bora) == thing
    assert world.service.store.files.path(world.things[7].file).read_text() == MARK


async def test_she_herself_sees_it(world: World):
    for path in (
        "/chat/sessions",
        f"/chat/sessions/{world.ids['session']}/messages",
        "/memories",
        "/users/me/accesses",
    ):
        status, text = await world.ask("GET", path, world.hers)
        assert status == 200
        assert MARK in text, path


@pytest.mark.parametrize(
    "id", ["{$gt:}", "%7B%22%24gt%22%3A%22%22%7D", "..%2Fx", "a%00b", "%E2%80%AEx", "x" * 3000, "%ff"]
)
async def test_strange_ids_find_nothing(world: World, id: str):
    for route in world.service.app.router.routes():
        path = route.resource.canonical
        if (
            route.method != "GET"
            or "{" not in path
            or path.startswith(("/studio", "/static"))
            or path == "/sessions/{id}"
        ):
            continue
        status, text = await world.ask("GET", re.sub(r"\{[^}]*\}", id, path), world.hers)
        assert status in (400, 404), (path, status, text[:200])
        assert MARK not in text
