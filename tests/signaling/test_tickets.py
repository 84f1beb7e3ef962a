"""signaling/tickets.py: a socket's one-time ticket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from signaling import tickets
from signaling.auth import GUEST, Identity
from signaling.errors import DeyeonsoError
from signaling.tickets import LIFETIME, OUTSTANDING, Tickets
from tests.signaling.service import Service, running
from tests.signaling.test_auth import echo

BORA = Identity("bora")


def refused(pile: Tickets, ticket: object, now: float) -> bool:
    with pytest.raises(DeyeonsoError) as caught:
        pile.redeem(ticket, now)
    return caught.value.code == "ticket_invalid"


def test_a_ticket_is_good_once():
    pile = Tickets()
    ticket = pile.issue(BORA, 0.0)
    assert pile.redeem(ticket, 1.0) == BORA
    assert refused(pile, ticket, 1.0)


def test_a_ticket_is_good_for_a_minute():
    pile = Tickets()
    first, second = pile.issue(BORA, 0.0), pile.issue(BORA, 0.0)
    assert pile.redeem(first, LIFETIME - 0.1) == BORA
    assert refused(pile, second, LIFETIME)


def test_a_ticket_is_its_persons_whoever_brings_it():
    pile = Tickets()
    mine, theirs = pile.issue(BORA, 0.0), pile.issue(Identity("mallory"), 0.0)
    assert pile.redeem(theirs, 1.0).user_id == "mallory"
    assert pile.redeem(mine, 1.0).user_id == "bora"


@pytest.mark.parametrize("ticket", [None, 7, "", "x", ["x"], {"$gt": ""}])
def test_what_is_no_ticket_opens_nothing(ticket: object):
    pile = Tickets()
    pile.issue(BORA, 0.0)
    assert refused(pile, ticket, 0.0)


def test_tickets_nobody_uses_do_not_pile_up():
    pile = Tickets()
    oldest = pile.issue(BORA, 0.0)
    for _ in range(OUTSTANDING):
        newest = pile.issue(BORA, 1.0)
    assert refused(pile, oldest, 1.0)
    assert pile.redeem(newest, 1.0) == BORA
    pile.issue(BORA, 100.0)
    assert len(pile._open) == 1


@pytest.fixture
async def service(tmp_path) -> AsyncIterator[Service]:
    async with running(tmp_path, routes=[web.get("/ws/echo", echo)]) as one:
        yield one


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_guest_asks_for_a_ticket_too(service: Service, http):
    async with http.post(f"{service.url}/ws/tickets") as response:
        assert response.status == 201
        given = await response.json()
    assert given["expires_in"] == 60
    async with http.ws_connect(f"{service.url}/ws/echo") as socket:
        await socket.send_json({"type": "ticket", "ticket": given["ticket"]})
        assert await socket.receive_json() == {"user": GUEST.user_id}
    async with http.ws_connect(f"{service.url}/ws/echo") as socket:
        await socket.send_json({"type": "ticket", "ticket": given["ticket"]})
        assert (await socket.receive_json())["error"]["code"] == "ticket_invalid"


@pytest.mark.parametrize("first", ["", "{", "[]", '"x"', '{"type": "ticket"}', '{"type": "hello"}', b"ticket"])
async def test_another_first_message_closes_the_socket(service: Service, http, first):
    async with http.ws_connect(f"{service.url}/ws/echo") as socket:
        await (socket.send_bytes(first) if isinstance(first, bytes) else socket.send_str(first))
        assert (await socket.receive_json())["error"]["code"] == "ticket_invalid"
        assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        assert socket.close_code == 4401


async def test_a_socket_that_says_nothing_is_closed_after_the_deadline(service: Service, http, monkeypatch):
    monkeypatch.setattr(tickets, "DEADLINE", 0.2)
    async with http.ws_connect(f"{service.url}/ws/echo") as socket, asyncio.timeout(2):
        assert (await socket.receive_json())["error"]["code"] == "ticket_invalid"
        await socket.receive()
        assert socket.close_code == 4401
    assert tickets.LIFETIME == 60


async def test_a_ticket_in_the_address_opens_nothing(service: Service, http):
    async with http.post(f"{service.url}/ws/tickets") as response:
        ticket = (await response.json())["ticket"]
    for name in ("ticket", "token", "access_token"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(f"{service.url}/ws/echo?{name}={ticket}")
        assert caught.value.status == 400
