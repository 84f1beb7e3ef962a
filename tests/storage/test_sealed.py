"""A sealed file reads back as it was written, tells nothing without its key, and survives being cut off."""

from __future__ import annotations

import io
import random
import stat
from pathlib import Path

import pytest

from storage import StoreBroken
from storage.sealed import BLOCK, SealedReader, SealedWriter, new_key, unwrap, wrap

KEY = bytes(range(32))
TEXT = "오늘 점심은 김치찌개였어요. ".encode()


def sealed(path: Path, data: bytes, key: bytes = KEY) -> Path:
    with SealedWriter(path, key) as file:
        file.write(data)
    return path


def plain(path: Path, key: bytes = KEY) -> bytes:
    with SealedReader(path, key) as file:
        return file.read() or b""


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_what_is_written_is_read(tmp_path: Path, size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert plain(sealed(tmp_path / "a", data)) == data


def test_it_can_be_written_and_read_anywhere_like_a_plain_file(tmp_path: Path) -> None:
    dice, mirror = random.Random(4), io.BytesIO()
    with SealedWriter(tmp_path / "a", KEY) as file:
        for _ in range(300):
            place, data = dice.randrange(4 * BLOCK), dice.randbytes(dice.randrange(1, BLOCK // 2))
            for one in (file, mirror):
                one.seek(place)
                one.write(data)
            if dice.random() < 0.2:
                file.flush()
        assert file.size == len(mirror.getvalue())
    with SealedReader(tmp_path / "a", KEY) as file:
        assert file.size == len(mirror.getvalue())
        for _ in range(100):
            place = dice.randrange(file.size)
            file.seek(place)
            assert file.read(1000) == mirror.getvalue()[place : place + min(1000, BLOCK - place % BLOCK)]
        file.seek(0)
        assert io.BufferedReader(file).read() == mirror.getvalue()


def test_nothing_of_it_can_be_read_on_the_disk_at_any_time(tmp_path: Path) -> None:
    with SealedWriter(tmp_path / "a", KEY) as file:
        for _ in range(5000):
            file.write(TEXT)
            file.flush()
            assert TEXT[:12] not in (tmp_path / "a").read_bytes()[-2 * BLOCK :]
    assert TEXT[:12] not in (tmp_path / "a").read_bytes()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_the_same_text_never_looks_the_same(tmp_path: Path) -> None:
    first, second = (sealed(tmp_path / name, TEXT * 10).read_bytes() for name in "ab")
    assert first[20:] != second[20:]


def test_a_file_that_was_cut_off_is_read_up_to_its_last_whole_block(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(3 * BLOCK + 500)
    path = sealed(tmp_path / "a", data)
    whole = path.read_bytes()
    for cut in (1, 100, 490, 520):
        path.write_bytes(whole[:-cut])
        assert plain(path) == data[: 3 * BLOCK]
    path.write_bytes(whole[: -BLOCK // 2])
    assert plain(path) == data[: 2 * BLOCK]


@pytest.mark.parametrize("where", [25, 20 + BLOCK + 28 + 60])
def test_a_changed_byte_is_noticed(tmp_path: Path, where: int) -> None:
    path = sealed(tmp_path / "a", TEXT * 5000)
    changed = bytearray(path.read_bytes())
    changed[where] ^= 1
    path.write_bytes(changed)
    with pytest.raises(StoreBroken) as error:
        plain(path)
    assert error.value.code == "media_damaged"


def test_blocks_cannot_change_places_nor_files(tmp_path: Path) -> None:
    one, other = sealed(tmp_path / "a", TEXT * 5000), sealed(tmp_path / "b", TEXT * 5000)
    stride = BLOCK + 28
    data = bytearray(one.read_bytes())
    data[20 : 20 + stride], data[20 + stride : 20 + 2 * stride] = (
        data[20 + stride : 20 + 2 * stride],
        data[20 : 20 + stride],
    )
    one.write_bytes(data)
    other.write_bytes(other.read_bytes()[:20] + sealed(tmp_path / "c", TEXT * 5000).read_bytes()[20:])
    for path in (one, other):
        with pytest.raises(StoreBroken):
            plain(path)


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    path = sealed(tmp_path / "a", TEXT * 5000)
    with pytest.raises(StoreBroken):
        plain(path, new_key())


@pytest.mark.parametrize("data", [b"", b"RIFF....WAVE", b"DYS1"])
def test_what_is_no_sealed_file_is_named_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(StoreBroken) as error:
        plain(tmp_path / "a")
    assert error.value.code == "media_damaged"


def test_a_sealed_file_is_never_written_over(tmp_path: Path) -> None:
    path = sealed(tmp_path / "a", TEXT)
    with pytest.raises(FileExistsError):
        SealedWriter(path, KEY)
    assert plain(path) == TEXT


def test_a_wrapped_key_opens_only_under_its_own_key_and_for_its_own_purpose() -> None:
    key = new_key()
    wrapped = wrap(key, KEY, "recording 1")
    assert key not in wrapped
    assert unwrap(wrapped, KEY, "recording 1") == key
    for under, about, data in (
        (new_key(), "recording 1", wrapped),
        (KEY, "recording 2", wrapped),
        (KEY, "recording 1", b""),
    ):
        with pytest.raises(StoreBroken) as error:
            unwrap(data, under, about)
        assert error.value.code == "key_wrong"
