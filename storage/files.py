"""The folder of media files that belong to stored documents, one folder a person.

It must not know what the files hold. No name that comes from outside ever becomes part of a path.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from storage.errors import BadQuery
from storage.types import new_id


class Files:
    """Media under `root`; the paths it gives and takes are relative to it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def new(self, owner: str, suffix: str) -> str:
        """A fresh relative path for a file of `owner`, its folder made; `suffix` such as ".webm"."""
        if not suffix.removeprefix(".").isalnum():
            raise BadQuery(f"not a file suffix: {suffix!r}")
        relative = f"{_folder(owner)}/{new_id()}{suffix}"
        self.path(relative).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return relative

    def named(self, owner: str, id: str, suffix: str) -> str:
        """The relative path of the one file of `owner` that belongs to the document `id`, its folder made."""
        name = id if id.isalnum() and id.isascii() and len(id) <= 64 else hashlib.sha256(id.encode()).hexdigest()
        relative = f"{_folder(owner)}/{name}{suffix}"
        self.path(relative).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return relative

    def write(self, relative: str, data: bytes) -> None:
        """Put `data` there, whole or not at all."""
        path = self.path(relative)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.{new_id()}")
        try:
            scratch.touch(mode=0o600)
            scratch.write_bytes(data)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)

    def path(self, relative: str) -> Path:
        """Where it lies. Raises BadQuery for a path that leaves the folder."""
        path = self.root if "\0" in relative else (self.root / relative).resolve()
        if path == self.root or not path.is_relative_to(self.root):
            raise BadQuery("the path leaves the media folder")
        return path

    def remove(self, relative: str) -> None:
        """Delete one file; one that is gone already is fine."""
        self.path(relative).unlink(missing_ok=True)

    def remove_all(self, owner: str) -> None:
        """Delete everything of `owner`, also what no document names (a call that was killed mid-recording)."""
        shutil.rmtree(self.root / _folder(owner), ignore_errors=True)


def _folder(owner: str) -> str:
    """A person's id may hold any character; its digest is a safe, fixed-length folder name."""
    return hashlib.sha256(owner.encode()).hexdigest()[:32]
