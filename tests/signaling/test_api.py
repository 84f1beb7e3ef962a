"""The declaring layer: what a route takes is checked as declared, and the document says the same."""

from __future__ import annotations

import asyncio
from typing import Annotated

import aiohttp
import pytest
from aiohttp import web
from pydantic import BaseModel, Field

from signaling import api as layer
from signaling.api import Api, Body
from signaling.errors import errors_as_json
from signaling.openapi import document
from tests.signaling.service import running

api = Api("notes", "쪽지 · Notes")


class Note(Body):
    text: Annotated[str, Field(min_length=1, max_length=10)]
    tags: tuple[str, ...] = ()


class Options(BaseModel):
    limit: int = Field(default=5, ge=1, le=9)


class Kept(BaseModel):
    id: str
    text: str
    limit: int


@api.post("/notes/{id}", "남기기 · Keep one", status=201, errors=["duplicate"], public=True)
async def keep(request: web.Request, id: str, query: Options, body: Note) -> Kept:
    return Kept(id=id, text=body.text, limit=query.limit)


@api.patch("/notes", "본문은 없어도 돼요 · Body optional")
async def maybe(request: web.Request, body: Note | None) -> None:
    assert body is None or body.text


@api.put("/notes", "글로만 · As plain text", media=["text/plain"], answers={200: "text/plain"})
async def plain(request: web.Request, body: bytes) -> web.Response:
    return web.Response(body=body)


@pytest.fixture
async def send():
    """(method, path, …) -> (status, JSON body or text)."""
    app = web.Application(middlewares=[errors_as_json], client_max_size=10)
    api.add_to(app)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession(f"http://{host}:{port}") as session:

        async def ask(method: str, path: str, **how: object) -> tuple[int, object]:
            async with session.request(method, path, **how) as response:
                json = response.content_type == "application/json"
                return response.status, await response.json() if json else await response.text()

        yield ask
    await runner.cleanup()


async def test_a_good_request_reaches_the_handler_as_typed_values(send):
    status, body = await send("POST", "/notes/n1?limit=7", json={"text": " 안녕 "})
    assert (status, body) == (201, {"id": "n1", "text": "안녕", "limit": 7})


@pytest.mark.parametrize(
    ("path", "how", "status", "code", "named"),
    [
        ("/notes/n?limit=99", {"json": {"text": "a"}}, 400, "bad_request", "query: limit"),
        ("/notes/n?limit=x", {"json": {"text": "a"}}, 400, "bad_request", "query: limit"),
        ("/notes/n", {"json": {}}, 400, "bad_request", "text: "),
        ("/notes/n", {"json": {"text": ""}}, 400, "bad_request", "text: "),
        ("/notes/n", {"json": {"text": "a", "tags": ["b", 3]}}, 400, "bad_request", "tags.1: "),
        ("/notes/n", {"json": {"text": "a", "txet": "b"}}, 400, "bad_request", "txet: "),
        ("/notes/n", {"json": {"text": {"$gt": ""}}}, 400, "bad_request", "text: "),
        ("/notes/n", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "bad_json", ""),
        ("/notes/n", {"json": [1]}, 400, "bad_json", "object"),
        ("/notes/n", {"data": b"text=a"}, 415, "unsupported_media_type", "application/json"),
        ("/notes/n", {"json": {"text": "a" * 300_000}}, 413, "body_too_large", "196608"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_name(send, path, how, status, code, named):
    got, body = await send("POST", path, **how)
    assert (got, body["error"]["code"]) == (status, code)
    assert named in body["error"]["message"]


async def test_a_body_in_chunks_is_bounded_too(send):
    async def endless():
        while True:
            yield b" " * 65_536

    async with asyncio.timeout(5):
        try:
            got, body = await send("POST", "/notes/n", data=endless(), headers={"Content-Type": "application/json"})
        except aiohttp.ClientConnectionError:
            return  # refused while it was still being sent
    assert (got, body["error"]["code"]) == (413, "body_too_large")


async def test_a_body_that_trickles_in_is_given_up(send, monkeypatch):
    monkeypatch.setattr(layer, "SLOWEST_BODY", 0.2)

    async def slow():
        for letter in b'{"text": "a"}' * 40:
            yield bytes([letter])
            await asyncio.sleep(0.05)

    async with asyncio.timeout(3):
        try:
            got, body = await send("POST", "/notes/n", data=slow(), headers={"Content-Type": "application/json"})
        except aiohttp.ClientConnectionError:
            return
    assert (got, body["error"]["code"]) == (408, "body_too_slow")


async def test_an_optional_body_may_be_missing_and_is_still_checked(send):
    assert await send("PATCH", "/notes") == (204, "")
    assert (await send("PATCH", "/notes", json={"text": ""}))[0] == 400


async def test_other_content_types_come_whole(send):
    assert await send("PUT", "/notes", data="그대로", headers={"Content-Type": "text/plain"}) == (200, "그대로")
    assert (await send("PUT", "/notes", json={}))[0] == 415


def test_the_document_says_what_is_checked():
    operation = document([api], "1")["paths"]["/notes/{id}"]["post"]
    assert {p["name"]: p["in"] for p in operation["parameters"]} == {"id": "path", "limit": "query"}
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Note")
    assert {"201", "400", "408", "409", "413", "415", "default"} == set(operation["responses"])
    assert document([api], "1")["components"]["schemas"]["Note"]["additionalProperties"] is False


async def test_what_is_no_http_gets_the_same_shape(tmp_path):
    async with running(tmp_path) as service, aiohttp.ClientSession(service.url) as http:
        async with http.get("/health?" + "a" * 20_000) as response:
            assert (response.status, response.content_type) == (400, "application/json")
            assert (await response.json())["error"]["code"] == "bad_http"
        host, port = service.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
        assert b'{"error":{"code":"bad_http"' in await reader.read()
        writer.close()


def test_an_engines_fault_is_documented_as_what_it_is():
    @api.get("/voiced", "x", errors=["llm_cut_off", "llm_timeout", "voice_failed"])
    async def voiced(request: web.Request) -> None: ...

    described = document([api], "1")["paths"]["/voiced"]["get"]["responses"]
    assert described["502"]["description"] == "llm_cut_off, voice_failed"
    assert described["504"]["description"] == "llm_timeout"
