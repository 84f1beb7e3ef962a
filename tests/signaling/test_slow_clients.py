"""Clients that take their time: they lose their connection, and nobody else notices them."""

from __future__ import annotations

import asyncio
import time
import zlib
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from signaling import api
from tests.signaling.service import Service, running

PATIENCE = 0.6


@pytest.fixture
async def service(tmp_path: Path):
    async with running(tmp_path, keepalive=PATIENCE) as one:
        yield one


async def connect(service: Service) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = service.url.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))


async def lasted(service: Service, *parts: bytes, pause: float = 0.1) -> float:
    """Send the parts one after another; the seconds until the server closes the connection."""
    reader, writer = await connect(service)
    began = time.monotonic()
    closed = asyncio.ensure_future(reader.read())
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.wait([closed], timeout=pause)
            if closed.done():
                break
    async with asyncio.timeout(5):
        with suppress(ConnectionError):
            await closed
    took = time.monotonic() - began
    writer.close()
    return took


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"GET / HT",),
        (b"GET / HTTP/1.1\r\nHost: x\r\n",),
        tuple(bytes([letter]) for letter in b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"y" * 100),
    ],
)
async def test_headers_that_do_not_come_end_the_connection(service: Service, parts):
    assert PATIENCE * 0.8 < await lasted(service, *parts) < PATIENCE + 1.5


async def test_a_connection_nobody_uses_any_more_is_let_go(service: Service):
    assert await lasted(service, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n") < PATIENCE + 1.5


async def test_a_body_that_trickles_in_is_given_up_by_json_and_by_whip(service: Service, monkeypatch):
    monkeypatch.setattr(api, "SLOWEST_BODY", 0.4)

    async def trickle():
        for _ in range(50):
            yield b"v"
            await asyncio.sleep(0.1)

    async with aiohttp.ClientSession() as http:
        for kind in ("application/json", "application/sdp"):
            began = time.monotonic()
            with suppress(aiohttp.ClientConnectionError):
                headers = {"Content-Type": kind}
                async with http.post(service.url + "/calls", data=trickle(), headers=headers) as response:
                    assert response.status == 408
            assert time.monotonic() - began < 3


async def test_hundreds_of_slow_clients_hold_nobody_up(service: Service):
    slow = [await connect(service) for _ in range(200)]
    for _, writer in slow:
        writer.write(b"POST /calls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n")
    async with aiohttp.ClientSession() as http:
        took = []
        for _ in range(20):
            began = time.monotonic()
            async with http.get(service.url + "/health") as response:
                assert response.status == 200
            took.append(time.monotonic() - began)
    assert sorted(took)[10] < 0.1
    for _, writer in slow:
        writer.close()


async def test_a_compressed_body_is_not_unpacked(service: Service):
    bomb = zlib.compress(b" " * (256 << 20))
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as http:
        for path, kind in (
            ("/calls", "application/json"),
            ("/calls", "application/sdp"),
            ("/upload/audio", "audio/wav"),
        ):
            for encoding in ("deflate", "gzip"):
                headers = {"Content-Type": kind, "Content-Encoding": encoding}
                asking = asyncio.ensure_future(http.post(service.url + path, data=bomb, headers=headers))
                lag = 0.0
                while not asking.done():
                    began = loop.time()
                    await asyncio.sleep(0.005)
                    lag = max(lag, loop.time() - began)
                async with asking.result() as response:
                    assert response.status == 415
                assert lag < 0.2
