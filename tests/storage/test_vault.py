"""Recordings open for who holds the keys; when a document or a person goes, the file is noise, wherever a copy lies."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import os
import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.errors import DeyeonsoError
from storage import DataKey, NotFound, Recording, Store, StoreBroken, open_store
from storage.types import now
from storage.vault import Vault, master_key

KEY = bytes(range(32))
FILM = b"film of a face " * 10_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path, keep={"media": dt.timedelta(days=7)}) as opened:
        yield opened


@pytest.fixture
def vault(store: Store):
    made = Vault(store, KEY)
    yield made
    made.close()


async def record(vault: Vault, user_id: str = "me") -> Recording:
    about = {"session_id": "s", "call_id": "c", "user_id": user_id, "media_type": "video/webm"}
    recording, file = await vault.begin(begins=1.5, **about)
    file.write(FILM)
    file.close()
    await vault.finish(recording, file.size, 12.0)
    return recording


async def play(vault: Vault, recording: Recording) -> bytes:
    reader = await vault.open(recording)
    with reader:
        return b"".join(iter(lambda: reader.read(65536), b""))


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_recording_opens_again_and_the_disk_tells_nothing(vault: Vault, store: Store, tmp_path: Path) -> None:
    recording = await record(vault)
    kept = await store.get(Recording, recording.id, owner="me")
    assert await play(vault, kept) == FILM
    assert (kept.size, kept.seconds, kept.begins) == (len(FILM), 12.0, 1.5)
    assert b"film of a face" not in on_disk(tmp_path)
    assert (kept.expires_at - kept.created_at).days == 7


async def test_the_first_two_recordings_of_a_person_at_once_share_one_key(vault: Vault, store: Store) -> None:
    made = await asyncio.gather(*(record(vault) for _ in range(4)))
    assert [await play(vault, one) for one in made] == [FILM] * 4
    assert len((await store.page(DataKey, owner="me")).items) == 1
    assert len({one.key for one in made}) == 4


async def test_when_its_time_is_up_file_and_key_are_gone_and_a_copy_is_noise(
    vault: Vault, store: Store, tmp_path: Path
) -> None:
    recording = await record(vault)
    copy = tmp_path / "backup.webm"
    shutil.copy(store.files.path(recording.file), copy)
    await store.sweep(now() + dt.timedelta(days=8))
    assert not store.files.path(recording.file).exists()
    await asyncio.sleep(0)
    left = on_disk(tmp_path)
    assert recording.key.encode() not in left
    assert base64.b64decode(recording.key) not in left
    assert b"film of a face" not in left
    with pytest.raises(NotFound):
        await store.get(Recording, recording.id, owner="me")


async def test_a_person_who_is_erased_takes_the_key_along(vault: Vault, store: Store) -> None:
    mine, hers = await record(vault), await record(vault, "her")
    await store.erase("me")
    with pytest.raises(NotFound):
        await vault.open(mine)
    assert await play(vault, hers) == FILM


async def test_what_is_deleted_while_it_is_made_stays_deleted(vault: Vault, store: Store) -> None:
    about = {"session_id": "s", "call_id": "c", "user_id": "me", "media_type": "audio/webm"}
    recording, file = await vault.begin(begins=0.0, **about)
    await store.erase("me")
    file.close()
    await vault.finish(recording, 1, 1.0)
    assert not store.files.path(recording.file).exists()
    assert not (await store.page(Recording, owner="me")).items


async def test_one_that_was_cut_off_is_mended_once_and_the_old_file_is_gone(vault: Vault, store: Store) -> None:
    about = {"session_id": "s", "call_id": "c", "user_id": "me", "media_type": "video/webm"}
    cut_off, file = await vault.begin(begins=0.0, **about)
    file.write(FILM)
    file.close()
    copies = 0

    def copy(source, sink) -> float:
        nonlocal copies
        copies += 1
        sink.write(source.read(1000))
        return 3.0

    mended, again = await asyncio.gather(vault.mend(cut_off, copy), vault.mend(cut_off, copy))
    assert mended == again == await store.get(Recording, cut_off.id, owner="me")
    assert (copies, mended.size, mended.seconds) == (1, 1000, 3.0)
    assert await play(vault, mended) == FILM[:1000]
    assert not store.files.path(cut_off.file).exists()


async def test_one_that_cannot_be_mended_stays_as_it_was(vault: Vault, store: Store, tmp_path: Path) -> None:
    about = {"session_id": "s", "call_id": "c", "user_id": "me", "media_type": "video/webm"}
    cut_off, file = await vault.begin(begins=0.0, **about)
    file.write(FILM)
    file.close()
    with pytest.raises(ZeroDivisionError):
        await vault.mend(cut_off, lambda *_: 1 // 0)
    assert await play(vault, cut_off) == FILM
    assert len(list((tmp_path / "media").rglob("*.webm"))) == 1


async def test_another_master_key_is_named_as_the_reason(vault: Vault, store: Store) -> None:
    recording = await record(vault)
    other = Vault(store, os.urandom(32))
    with pytest.raises(StoreBroken) as error:
        await other.open(recording)
    other.close()
    assert error.value.code == "key_wrong"


def test_without_a_setting_a_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    first, given = master_key("", tmp_path / "data")
    assert (master_key("", tmp_path / "data"), given) == ((first, False), False)
    assert stat.S_IMODE((tmp_path / "data" / "master.key").stat().st_mode) == 0o600
    assert master_key(base64.b64encode(KEY).decode(), tmp_path) == (KEY, True)


@pytest.mark.parametrize("bad", ["secret", "c2hvcnQ=", "가나다", "A" * 44])
def test_a_bad_master_key_is_told_without_showing_it(bad: str, tmp_path: Path) -> None:
    with pytest.raises(DeyeonsoError) as error:
        master_key(bad, tmp_path)
    assert error.value.code == "bad_config"
    assert bad not in error.value.message
