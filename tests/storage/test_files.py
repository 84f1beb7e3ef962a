"""The media folder: no name that comes from outside leads anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage import BadQuery, Files


@pytest.mark.parametrize("relative", ["../x", "a/../../x", "/etc/passwd", "", ".", "a\0b", "a/../..", "../media-2/x"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, relative: str) -> None:
    files = Files(tmp_path / "media")
    with pytest.raises(BadQuery):
        files.path(relative)
    with pytest.raises(BadQuery):
        files.remove(relative)


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    files = Files(tmp_path / "media")
    files.root.mkdir()
    (files.root / "link").symlink_to(secret)
    with pytest.raises(BadQuery):
        files.remove("link")
    assert secret.exists()


@pytest.mark.parametrize("owner", ["../other", "가나다", "a/b", "x" * 256, "\u202egnp"])
def test_any_owner_gets_a_folder_of_their_own(tmp_path: Path, owner: str) -> None:
    files = Files(tmp_path / "media")
    theirs, others = files.path(files.new(owner, ".webm")), files.path(files.new("someone", ".webm"))
    theirs.touch()
    others.touch()
    assert theirs.is_relative_to(files.root)
    files.remove_all(owner)
    assert (theirs.exists(), others.exists()) == (False, True)


@pytest.mark.parametrize("suffix", ["", "/x", ".a/b", ".webm\0", ".."])
def test_a_suffix_is_letters_and_digits(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(BadQuery):
        Files(tmp_path).new("me", suffix)


def test_removing_what_is_gone_is_fine(tmp_path: Path) -> None:
    files = Files(tmp_path)
    relative = files.new("me", ".png")
    files.remove(relative)
    files.remove_all("me")
    files.remove_all("me")
