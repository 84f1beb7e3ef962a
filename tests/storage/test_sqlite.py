"""What only the embedded store promises: its file in all the states it can be in, and its one writer."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from media.errors import DeyeonsoError
from storage import ChatMessage, Duplicate, StoreBroken, StoreUnavailable, User, open_store
from storage.adapters import sqlite_file
from storage.adapters.group_commit import BACKLOG
from storage.adapters.sqlite import select
from storage.adapters.sqlite_file import LAYOUT
from storage.engine import Match, Query
from storage.kinds import KINDS
from tests.storage.samples import AT, message, turn


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


async def filled(path: Path, owner: str, lines: int = 300) -> None:
    async with open_store(path) as store:
        await asyncio.gather(*(store.add(message(owner, "s", f"안녕 {n}")) for n in range(lines)))


async def test_a_folder_a_path_and_a_url_open_the_same_file(tmp_path: Path, me: str) -> None:
    async with open_store(tmp_path) as store:
        await store.add(User(id=me))
    for where in (tmp_path / "deyeonso.db", f"sqlite:///{tmp_path}/deyeonso.db", str(tmp_path)):
        async with open_store(where) as store:
            assert (await store.get(User, me, owner=me)).id == me


@pytest.mark.parametrize("where", ["", ":memory:", "postgres://localhost/x", "http://localhost"])
async def test_what_is_no_place_for_a_store_is_one_clear_error(where: str) -> None:
    with pytest.raises(StoreBroken) as caught:
        await open_store(where)
    assert caught.value.code == "bad_store_url"


def scribble_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"not a database at all")


def scribble_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * 4096 * 3)


def scribble_everything_but_the_first_page(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))


def cut_short(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [scribble_header, scribble_a_page, cut_short])
async def test_a_damaged_file_is_named_copied_and_left_alone(path: Path, me: str, damage: object) -> None:
    await filled(path, me)
    assert callable(damage)
    damage(path)
    before = path.read_bytes()
    for _ in range(2):  # a second start neither overwrites nor copies again
        with pytest.raises(StoreBroken) as caught:
            await open_store(path)
        assert caught.value.code == "store_corrupt"
        assert str(path) in caught.value.message
        assert path.read_bytes() == before
        (copy,) = [file for file in path.parent.glob("*.corrupt-*") if not file.name.endswith(("-wal", "-shm"))]
        assert copy.name in caught.value.message
        assert copy.read_bytes() == before


async def test_damage_that_shows_while_it_runs_is_told_and_acknowledges_nothing(path: Path, me: str) -> None:
    async with open_store(path) as store:
        await asyncio.gather(*(store.add(message(me, "s", "가" * 2000)) for _ in range(300)))
    async with open_store(path) as store:
        scribble_everything_but_the_first_page(path)
        for asked in (store.page(ChatMessage, owner=me), store.add(message(me, "s"))):
            with pytest.raises(StoreBroken) as caught:
                await asked
            assert caught.value.code == "store_corrupt"


async def test_an_empty_file_is_a_new_store(path: Path, me: str) -> None:
    path.touch()
    await filled(path, me, lines=1)


async def test_a_file_of_a_newer_release_is_refused_untouched(path: Path, me: str) -> None:
    await filled(path, me, lines=1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"pragma user_version = {LAYOUT + 1}")
    with pytest.raises(StoreBroken) as caught:
        await open_store(path)
    assert caught.value.code == "store_newer"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma user_version").fetchone() == (LAYOUT + 1,)
        assert connection.execute("select count(*) from chat_messages").fetchone() == (1,)


async def test_an_older_layout_is_migrated_once_and_whole(path: Path, me: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(path, me, lines=3)
    monkeypatch.setattr(sqlite_file, "LAYOUT", LAYOUT + 1)
    rename = "update chat_messages set doc = json_set(doc, '$.content', '옮김')"
    monkeypatch.setattr(sqlite_file, "MIGRATIONS", {LAYOUT: f"{rename}; update nonsense set x = 1"})
    with pytest.raises(StoreUnavailable):
        await open_store(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from chat_messages where doc like '%옮김%'").fetchone() == (0,)
    monkeypatch.setattr(sqlite_file, "MIGRATIONS", {LAYOUT: rename})
    for _ in range(2):
        async with open_store(path) as store:
            assert {line.content for line in (await store.page(ChatMessage, owner=me)).items} == {"옮김"}


@pytest.mark.parametrize("place", ["folder/that/is/a/file/store.db", "/proc/store.db"])
async def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").touch()
    with pytest.raises(StoreUnavailable) as caught:
        await open_store(tmp_path / place)
    assert place in caught.value.message


async def test_one_bad_write_in_a_crowd_costs_the_others_nothing(path: Path, me: str) -> None:
    async with open_store(path) as store:
        await store.add(turn(me, "s", 0))
        crowd = [turn(me, "s", n) for n in range(100)]
        outcomes = await asyncio.gather(*map(store.add, crowd), return_exceptions=True)
        assert isinstance(outcomes[0], Duplicate)
        assert outcomes[1:] == crowd[1:]
        assert len((await store.page(type(crowd[0]), owner=me, limit=500)).items) == 100


async def test_too_many_waiting_writes_are_refused_and_the_accepted_ones_land(path: Path, me: str) -> None:
    async with open_store(path) as store:
        lines = [message(me, "s", "") for _ in range(BACKLOG + 500)]
        with closing(sqlite3.connect(path, isolation_level=None)) as hog:
            hog.execute("begin immediate")  # the writer waits for this
            asked = asyncio.gather(*map(store.add, lines), return_exceptions=True)
            await asyncio.sleep(0)
            hog.execute("rollback")
        outcomes = await asyncio.wait_for(asked, 60)
        refused = [outcome.code for outcome in outcomes if isinstance(outcome, DeyeonsoError)]
        assert set(refused) == {"overloaded"}
        kept = {line.id async for line in store.each(ChatMessage, owner=me)}
        assert kept == {outcome.id for outcome in outcomes if isinstance(outcome, ChatMessage)}


async def test_a_database_that_another_program_holds_is_waited_for_and_then_told(
    path: Path, me: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_S", 0.2)
    async with open_store(path) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as hog:
            hog.execute("begin immediate")
            with pytest.raises(StoreUnavailable) as caught:
                await store.add(message(me, "s"))
        assert caught.value.code == "store_unavailable"
        await store.add(message(me, "s"))
        assert len((await store.page(ChatMessage, owner=me)).items) == 1


async def test_what_it_keeps_is_for_its_owner_only(path: Path, me: str) -> None:
    async with open_store(path) as store:
        await store.add(User(id=me))
        media = store.files.path(store.files.new(me, ".webm")).parent
        assert media.stat().st_mode & 0o077 == 0
        for file in path.parent.glob("store.db*"):
            assert file.stat().st_mode & 0o077 == 0, file


async def test_a_document_this_product_did_not_write_is_named_not_guessed(path: Path, me: str) -> None:
    line = message(me, "s", "비밀")
    async with open_store(path) as store:
        await store.add(line)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update chat_messages set doc = json_set(doc, '$.role', 7)")
    async with open_store(path) as store:
        with pytest.raises(StoreBroken) as caught:
            await store.page(ChatMessage, owner=me)
    assert caught.value.code == "store_unreadable"
    assert line.id in caught.value.message
    assert "비밀" not in caught.value.message


async def test_a_cancelled_caller_does_not_disturb_the_writer(path: Path, me: str) -> None:
    async with open_store(path) as store:
        hasty = asyncio.gather(*(store.add(message(me, "s")) for _ in range(50)))
        await asyncio.sleep(0)
        hasty.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hasty
        line = await store.add(message(me, "t"))
        assert await store.get(ChatMessage, line.id, owner=me) == line


async def test_two_programs_may_write_to_one_file(path: Path, me: str) -> None:
    async with open_store(path) as one, open_store(path) as two:
        lines = [message(me, "s", str(n)) for n in range(60)]
        await asyncio.gather(*(store.add(line) for store, line in zip([one, two] * 30, lines, strict=True)))
        assert [line async for line in one.each(ChatMessage, owner=me, session_id="s")] == lines


async def test_every_page_is_read_off_an_index_without_sorting(path: Path, me: str) -> None:
    async with open_store(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        for kind in KINDS:
            for where in ({}, {"id": me}, *({name: "x"} for name in kind.filters)):
                for newest_first in (False, True):
                    sql, values = select(Query(Match(kind, me, where), 50, newest_first, (AT, "x")))
                    plan = " / ".join(row[3] for row in connection.execute(f"explain query plan {sql}", values))
                    assert "SCAN" not in plan, (sql, plan)
                    assert "TEMP B-TREE" not in plan, (sql, plan)
            if kind.expires:
                sql, values = select(Query(Match(kind, None, expired_by=AT), 50))
                plan = " / ".join(row[3] for row in connection.execute(f"explain query plan {sql}", values))
                assert f"{kind.name}_expiry" in plan, (sql, plan)


# Files may not grow past a limit (as on a full disk), then room returns. What was acknowledged is told on stdout.
FULL_DISK = """
import asyncio, json, resource, sys
from storage import StoreUnavailable, open_store
from tests.storage.samples import message

async def main(path, me):
    kept, errors = [], set()

    async def write(store, content):
        try:
            kept.append((await store.add(message(me, "s", content))).id)
        except StoreUnavailable as error:
            errors.add(error.code)

    async with open_store(path) as store:
        await write(store, "first")
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, hard))
        for _ in range(20):
            await asyncio.gather(*(write(store, "가" * 3000) for _ in range(20)))
        room, kept_before = len(kept), set(kept)
        assert {line.id async for line in store.each(type(message(me, "s")), owner=me)} == kept_before
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await write(store, "room again")
    print(json.dumps({"room": room, "kept": kept, "errors": sorted(errors)}))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_full_disk_is_told_loses_nothing_and_passes(path: Path, me: str) -> None:
    run = subprocess.run([sys.executable, "-c", FULL_DISK, path, me], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["errors"] == ["store_full"]
    assert 1 < told["room"] < 401
    assert len(told["kept"]) == told["room"] + 1  # the write after room returned
    async with open_store(path) as store:
        assert {line.id async for line in store.each(ChatMessage, owner=me)} == set(told["kept"])
