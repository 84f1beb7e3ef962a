"""A call is recorded only with consent: sealed from the first byte, stopped at once, gone with its session or its time.

Real calls of a headless peer against the running service, with no model: what is recorded is what was sent.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import av
import numpy as np
import pytest

from signaling.consents import QUESTIONS
from signaling.headless import HeadlessPeer
from storage import Consent, Recording
from storage.types import now
from tests.signaling.service import Service, agreed, running

VERSION = {question.to: question.version for question in QUESTIONS}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(tmp_path, keep={"media": dt.timedelta(days=7)}) as made:
        await agreed(made.store, "guest")
        yield made


@pytest.fixture
async def http(service: Service) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(service.url) as session:
        yield session


async def says(service: Service, http: aiohttp.ClientSession, granted: bool) -> None:
    body = {"decisions": [{"to": "recording", "version": VERSION["recording"], "granted": granted}]}
    async with http.put("/users/me/consents", json=body) as answer:
        assert answer.status == 200, await answer.text()


def codes(peer: HeadlessPeer) -> list[str]:
    told = [message["data"] for message in peer.of_kind("server-message")]
    return [one["code"] for one in told if one["kind"] == "notice" and one["code"].startswith("recording")]


async def until(condition, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)


def hum(seconds: float) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 48000)) / 48000)).astype(np.int16)


async def talk(service: Service, film: Path | None = None, during=None) -> HeadlessPeer:
    async with HeadlessPeer(service.url, None, film) as peer:
        await until(lambda: peer.of_kind("bot-ready"))
        if during is None:
            await asyncio.sleep(3.0)
        else:
            await during(peer)
    return peer


async def recordings(service: Service) -> list[Recording]:
    return [one async for one in service.store.each(Recording, owner="guest")]


def media_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "media").rglob("*") if path.is_file()]


async def test_nobody_is_recorded_who_did_not_ask_for_it(service: Service, tmp_path: Path) -> None:
    peer = await talk(service, during=lambda _: asyncio.sleep(1.5))
    assert codes(peer) == []
    assert await recordings(service) == []
    assert media_files(tmp_path) == [] or not any(path.suffix in (".webm", ".weba") for path in media_files(tmp_path))


async def test_a_recorded_call_plays_and_can_be_sought_in(
    service: Service, http: aiohttp.ClientSession, tmp_path: Path, film: Path
) -> None:
    await says(service, http, True)
    no = Consent(user_id="guest", to="face_analysis", version=VERSION["face_analysis"], granted=False)
    await service.store.add(no)  # a film may be kept that nothing looks at
    peer = await talk(service, film)
    assert codes(peer) == ["recording_on"]
    [kept] = await recordings(service)
    session = f"/sessions/{kept.session_id}"
    async with http.get(f"{session}/recordings") as answer:
        [shown] = (await answer.json())["recordings"]
    assert shown["media_type"] == "video/webm"
    assert "key" not in shown
    assert "file" not in shown
    async with http.get(f"{session}/recording") as answer:
        data = await answer.read()
        assert (answer.status, answer.content_type) == (200, "video/webm")
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert len(data) == shown["size"]
    with av.open(io.BytesIO(data)) as file:
        assert file.duration / 1e6 == pytest.approx(shown["seconds"], abs=0.2)
        pictures = sum(1 for _ in file.decode(video=0))
    assert pictures > 20
    assert shown["seconds"] > 2
    async with http.get(f"{session}/recording", headers={"Range": "bytes=100-1099"}) as answer:
        assert (answer.status, await answer.read()) == (206, data[100:1100])
        assert answer.headers["Content-Range"] == f"bytes 100-1099/{len(data)}"
    async with http.get(f"{session}/recording", headers={"Range": "bytes=-10"}) as answer:
        assert await answer.read() == data[-10:]
    async with http.get(f"{session}/recording", headers={"Range": "bytes=99999999-"}) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (416, "bad_range")
    assert all(data[1000:1064] not in path.read_bytes() for path in media_files(tmp_path))


async def test_consent_withdrawn_in_the_middle_stops_it_at_once_and_given_again_begins_another(
    service: Service, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await says(service, http, True)
    grown: list[int] = []

    def size() -> int:
        return sum(path.stat().st_size for path in media_files(tmp_path) if path.suffix in (".webm", ".weba"))

    async def during(peer: HeadlessPeer) -> None:
        await until(lambda: size() > 1000)
        await says(service, http, False)
        await until(lambda: "recording_off" in codes(peer))
        before = size()
        await asyncio.sleep(1.5)
        grown.append(size() - before)
        await says(service, http, True)
        await until(lambda: codes(peer).count("recording_on") == 2)
        await asyncio.sleep(3.0)

    peer = await talk(service, during=during)
    assert codes(peer) == ["recording_on", "recording_off", "recording_on"]
    assert grown == [0]
    first, second = await recordings(service)
    assert second.begins > first.begins + (first.seconds or 0)


async def test_when_its_time_is_up_media_and_key_are_gone(
    service: Service, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await says(service, http, True)
    await talk(service)
    [kept] = await recordings(service)
    await service.store.sweep(now() + dt.timedelta(days=8))
    assert await recordings(service) == []
    assert not service.store.files.path(kept.file).exists()
    disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert kept.key.encode() not in disk
    async with http.get(f"/sessions/{kept.session_id}/recording") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (404, "no_recording")


async def test_its_owner_deletes_it_and_keeps_the_talk(service: Service, http: aiohttp.ClientSession) -> None:
    await says(service, http, True)

    async def during(peer: HeadlessPeer) -> None:
        await until(lambda: codes(peer) == ["recording_on"])
        await asyncio.sleep(2.5)
        async with http.delete(f"/sessions/{peer.call['session_id']}/recording") as answer:
            assert (await answer.json())["error"]["code"] == "call_under_way"

    peer = await talk(service, during=during)
    session = peer.call["session_id"]
    [kept] = await recordings(service)
    async with http.delete(f"/sessions/{session}/recording") as answer:
        assert answer.status == 204
    assert not service.store.files.path(kept.file).exists()
    async with http.get(f"/chat/sessions/{session}") as answer:
        assert answer.status == 200


async def test_a_full_disk_ends_the_recording_and_not_the_call(
    service: Service, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storage.sealed import SealedWriter

    await says(service, http, True)
    writes = 0
    seal = SealedWriter.flush

    def full(file: SealedWriter) -> None:
        nonlocal writes
        writes += 1
        if writes > 2:
            raise OSError(28, "No space left on device")
        seal(file)

    monkeypatch.setattr(SealedWriter, "flush", full)

    async def during(peer: HeadlessPeer) -> None:
        await until(lambda: "recording_failed" in codes(peer))
        assert service.calls.of("guest")[0].state == "connected"

    peer = await talk(service, during=during)
    assert codes(peer) == ["recording_on", "recording_failed"]


async def test_an_old_yes_to_another_text_records_nothing(service: Service) -> None:
    await service.store.add(Consent(user_id="guest", to="recording", version="2020-01", granted=True))
    peer = await talk(service, during=lambda _: asyncio.sleep(1.0))
    assert codes(peer) == []
