"""Calls through a real TURN server, with credentials that end; and who is let in to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from functools import partial

import aiohttp
import aioice
import numpy as np
import pytest
from aioice import stun, turn
from aiortc import RTCConfiguration, RTCIceTransportPolicy, RTCPeerConnection

from media.errors import DeyeonsoError
from media.types import SPEECH_RATE
from persona.engines import SpeechPiece
from persona.schema import Voice
from signaling import peer as server_peer
from signaling.call import CallLimits
from signaling.config import read_config
from signaling.headless import AUDIBLE, RATE, HeadlessPeer
from signaling.ice import VALID, Ice, credentials, links
from tests.signaling import coturn as turn_server
from tests.signaling.coturn import SECRET, Coturn
from tests.signaling.service import Terse, agreed, engines, running

NOW = dt.datetime(2026, 11, 24, 18, 0, tzinfo=dt.UTC)
RELAY = RTCIceTransportPolicy.RELAY


class Humming(Terse):
    """Says everything as half a second of a tone."""

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        t = np.arange(SPEECH_RATE // 2) / SPEECH_RATE
        yield SpeechPiece((np.sin(2 * np.pi * 440 * t) * 12000).astype(np.int16), text)


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with turn_server.running(tmp_path_factory.mktemp("coturn")) as found:
        yield found


async def allocate(coturn: Coturn, username: str, password: str) -> None:
    """Ask coturn for a relay and give it back. Raises aioice's TransactionFailed."""
    transport, _ = await turn.create_turn_endpoint(
        aioice.ice.StunProtocol.__base__, ("127.0.0.1", coturn.port), username, password
    )
    transport.close()


async def test_a_call_relayed_at_both_ends_connects_and_carries_sound_both_ways(coturn, tmp_path, monkeypatch):
    monkeypatch.setattr(server_peer, "RTCConfiguration", partial(RTCConfiguration, iceTransportPolicy=RELAY))
    ice, parts = Ice(turn_url=coturn.url, secret=SECRET), replace(engines(), voice=Humming())
    async with running(tmp_path, ice=ice, parts=parts) as service:
        await agreed(service.store, "guest")
        caller = HeadlessPeer(service.url)
        caller.configuration.iceTransportPolicy = RELAY
        async with caller:
            offered, answered = caller._pc.localDescription.sdp, caller.call["sdp"]
            for sdp in (offered, answered):
                kinds = [line.split(" typ ")[1].split()[0] for line in sdp.splitlines() if "a=candidate" in line]
                assert set(kinds) == {"relay"}
            await caller.greeted(timeout=15)
            caller.mouth.say(np.full(RATE // 2, 8000, np.int16))
            await caller.mouth.spoken.wait()
            place = f"{service.url}/calls/{caller.call['call_id']}"
            async with aiohttp.ClientSession() as http, http.get(place) as response:
                report = await response.json()
        assert max(np.abs(sound).max(initial=0) for _, sound in caller.received) > AUDIBLE
        assert report["network"]["audio_inbound"]["packetsReceived"] > 20
    names = {line.split("user <")[1].split(">")[0] for line in coturn.log.splitlines() if "user <" in line} - {""}
    assert len(names) >= 2, "each end has credentials of its own"
    assert "guest" not in coturn.log


async def test_coturn_takes_ours_and_refuses_what_is_over_or_made_with_another_secret(coturn):
    now = dt.datetime.now(dt.UTC)
    [server] = Ice(turn_url=coturn.url, secret=SECRET).servers(now)
    await allocate(coturn, server.username, server.credential)
    over = credentials(SECRET, int(now.timestamp()) - 1, "a")
    forged = credentials("another secret", int(now.timestamp()) + VALID, "a")
    prolonged = (f"{int(now.timestamp()) + 10**6}:a", over[1])
    for pair in (over, forged, prolonged):
        with pytest.raises(stun.TransactionFailed) as caught:
            await allocate(coturn, *pair)
        assert caught.value.response.attributes["ERROR-CODE"][0] == 401


async def test_who_calls_is_told_the_servers_as_a_browser_wants_them_and_they_are_not_kept(tmp_path):
    ice = Ice("stun:stun.example:3478", "turn:turn.example:3478", SECRET)
    async with running(tmp_path, ice=ice) as service, aiohttp.ClientSession() as http:
        told = []
        for _ in range(2):
            async with http.get(f"{service.url}/ice-servers") as response:
                assert (response.status, response.headers["Cache-Control"]) == (200, "no-store")
                told.append((await response.json())["iceServers"])
    assert told[0][0] == {"urls": ["stun:stun.example:3478"]}
    assert set(told[0][1]) == {"urls", "username", "credential"}
    assert told[0][1]["username"] != told[1][1]["username"]
    assert "guest" not in told[0][1]["username"]
    assert SECRET not in str(told)


async def test_nothing_configured_is_an_empty_list(tmp_path):
    async with (
        running(tmp_path) as service,
        aiohttp.ClientSession() as http,
        http.get(f"{service.url}/ice-servers") as response,
    ):
        assert await response.json() == {"iceServers": []}


async def test_a_whip_client_finds_them_in_the_links_of_the_answer(tmp_path):
    ice = Ice(turn_url="turn:127.0.0.1:9", secret=SECRET)
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTransceiver("audio")
    await pc.setLocalDescription(await pc.createOffer())
    async with running(tmp_path, ice=ice) as service, aiohttp.ClientSession() as http:
        await agreed(service.store, "guest")
        offer = {"data": pc.localDescription.sdp, "headers": {"Content-Type": "application/sdp"}}
        async with http.post(f"{service.url}/calls", **offer) as response:
            assert response.status == 201, await response.text()
            [link] = response.headers.getall("Link")
    await pc.close()
    assert link.startswith('<turn:127.0.0.1:9>; rel="ice-server"; username="')
    assert link.endswith('"; credential-type="password"')


def test_credentials_outlast_the_longest_call():
    [server] = Ice(turn_url="turn:a:1", secret=SECRET).servers(NOW)
    assert int(server.username.split(":")[0]) - NOW.timestamp() > CallLimits().longest


def test_a_fixed_pair_is_told_as_it_is_and_quoted_in_links():
    servers = Ice("stun:a:1", "turn:a:1", "", "me", 'pass"word').servers(NOW)
    assert links(servers) == [
        '<stun:a:1>; rel="ice-server"',
        '<turn:a:1>; rel="ice-server"; username="me"; credential="pass\\"word"; credential-type="password"',
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"TURN_URL": "turn:a:1", "TURN_SECRET": "s", "TURN_USERNAME": "u", "TURN_CREDENTIAL": "c"},
        {"TURN_URL": "turn:a:1"},
        {"TURN_URL": "turn:a:1", "TURN_USERNAME": "u"},
        {"TURN_SECRET": "hidden-secret"},
        {"TURN_URL": "http://a", "TURN_SECRET": "hidden-secret"},
        {"STUN_URL": "stun:a?transport=udp"},
    ],
)
def test_half_a_configuration_refuses_to_start_and_shows_no_secret(monkeypatch, settings):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(DeyeonsoError) as caught:
        read_config(env_file=None)
    assert caught.value.message.startswith(("TURN_", "STUN_"))
    assert "hidden-secret" not in caught.value.message
