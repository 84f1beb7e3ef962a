"""The product as it is run for many people: signing in, a call, a chat, a socket; and what its logs keep of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from media.errors import DeyeonsoError
from signaling.headless import HeadlessPeer
from tests.fakes.supabase import ANON_KEY, FakeSupabase
from tests.servers import Server

WORDS = "옥수수밭에서만난이야기"


async def test_a_person_signs_in_talks_and_leaves_no_word_in_the_logs(start_server: Callable[..., Server]):
    async with FakeSupabase() as supabase:
        supabase.add("boram.secretly@example.com", full_name="김비밀")
        token = supabase.token("boram.secretly@example.com")
        server = start_server(SUPABASE_URL=supabase.url, SUPABASE_ANON_KEY=ANON_KEY)
        with pytest.raises(DeyeonsoError) as caught:
            async with HeadlessPeer(server.url):
                pass
        assert caught.value.code == "unauthorized"
        secrets = [token, *token.split("."), WORDS, "boram.secretly", "김비밀"]
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
            async with http.get(f"{server.url}/users/me/consents") as response:
                asked = (await response.json())["consents"]
            yes = [{"to": one["to"], "version": one["version"], "granted": True} for one in asked]
            async with http.put(f"{server.url}/users/me/consents", json={"decisions": yes}) as response:
                assert response.status == 200
            async with HeadlessPeer(server.url, token=token) as peer:
                await peer.greeted(timeout=60)
                peer.send("send-text", {"content": f"{WORDS} 들어 볼래요?"})
                peer.send("client-message", {"t": "token", "d": {"token": token[:-4] + "AAAA"}})
                peer._channel.send(f"{WORDS} 이건 JSON이 아니에요")
                await peer.until("bot-stopped-speaking", 2, timeout=60)
                secrets += [peer.call["resume_token"], peer.call["sdp"].split("a=ice-pwd:")[1].split()[0]]
            chat = {"message": f"{WORDS} 어때요?"}
            async with http.post(f"{server.url}/chat", json=chat) as response:
                assert response.status == 200
            for bad in ({"sdp": f"v=0\r\ns={WORDS}", "type": "offer"}, {"message": WORDS}, {"sdp": WORDS * 9000}):
                async with http.post(f"{server.url}/calls", json=bad) as response:
                    assert response.status in (400, 413)
            async with http.post(f"{server.url}/ws/tickets") as response:
                secrets.append((await response.json())["ticket"])
            async with http.ws_connect(f"{server.url}/ws/landmarks") as socket:
                await socket.send_json({"type": "ticket", "ticket": WORDS})
                await socket.receive()
            async with http.get(f"{server.url}/personas?token={token}") as response:
                assert response.status == 400
        await asyncio.sleep(0.5)
        assert server.stop() == 0
    logs = [server.log, *(file.read_text(encoding="utf-8") for file in (server.data_dir / "logs").iterdir())]
    assert "call_ended" in logs[0]
    assert len(logs) > 1
    for log in logs:
        for secret in secrets:
            assert secret not in log, f"{secret[:12]}… is in the log"
    assert WORDS.encode() in b"".join(_everything(server.data_dir))  # it was kept where it belongs


def _everything(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file() and "logs" not in file.parts]
