"""Everything of a person as one ZIP, made while it is sent: documents as NDJSON by collection, then their files.

It must not know HTTP. Nothing is ever whole in memory, and nothing is compressed or read on the event loop.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import structlog

from media.clock import wall_time
from media.errors import DeyeonsoError
from media.worker import Worker
from storage import Recording, Store
from storage.sealed import SealedReader
from storage.types import Document
from storage.vault import Vault

log = structlog.get_logger()

BATCH = 200  # documents compressed at once
CHUNK = 1 << 18  # bytes of a file read at once
_LEVEL = 3  # of compression
_ABOUT = """데연소에 저장된 내 모든 기록이에요. data 안의 파일은 한 줄에 문서 하나(JSON)이고,
media에는 소리와 화면이 있어요.
Everything of yours that Deyeonso keeps. Files in data hold one JSON document a line; media holds sound and pictures.
"""


class _Sink:
    """What ZipFile writes to: it cannot seek, and is emptied as it fills."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


async def export_zip(
    store: Store, vault: Vault | None, owner: str, *, media: bool = True
) -> AsyncGenerator[bytes, None]:
    """The archive's bytes in order. A file that is gone by then, or cannot be opened, is left out; recordings are in
    plain, which is what they are kept for."""
    sink = _Sink()
    files: list[Document] = []
    with closing(Worker("export")) as worker, ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:  # type: ignore[call-overload]
        archive.writestr("README.txt", _ABOUT)
        entry, open_name = None, ""
        try:
            async for name, documents in _batches(store, owner):
                if entry is None or name != open_name:
                    if entry is not None:
                        await worker.run(entry.close)
                    entry, open_name = (
                        archive.open(_info(f"data/{name}.ndjson", ZIP_DEFLATED), "w", force_zip64=True),
                        name,
                    )
                files += [one for one in documents if getattr(one, "file", None)]
                await worker.run(lambda entry=entry, documents=documents: entry.write(_lines(documents)))  # type: ignore[misc]
                yield sink.take()
        finally:
            if entry is not None:
                await worker.run(entry.close)
        for one in files if media else ():
            async for part in _file(archive, sink, worker, store, vault, one):
                yield part
        await worker.run(archive.close)
        yield sink.take()


async def _batches(store: Store, owner: str) -> AsyncIterator[tuple[str, list[Document]]]:
    """The export's documents, up to BATCH of one collection at a time."""
    name, batch = "", list[Document]()
    async for its_name, document in store.export(owner):
        if batch and (its_name != name or len(batch) == BATCH):
            yield name, batch
            batch = []
        name = its_name
        batch.append(document)
    if batch:
        yield name, batch


async def _file(
    archive: ZipFile, sink: _Sink, worker: Worker, store: Store, vault: Vault | None, document: Any
) -> AsyncIterator[bytes]:
    path, name = store.files.path(document.file), f"media/{Path(document.file).name}"
    source: BinaryIO | SealedReader
    try:
        if not isinstance(document, Recording):
            source = await worker.run(lambda: path.open("rb"))
        elif vault is not None:
            source = await vault.open(document)
        else:
            return
    except OSError:
        return
    except DeyeonsoError as error:
        log.warning("export_left_out", code=error.code, recording=document.id)
        return
    # Sound and pictures are compressed already.
    with source, archive.open(_info(name, ZIP_STORED), "w", force_zip64=True) as target:
        while data := await worker.run(lambda: source.read(CHUNK)):
            target.write(data)
            yield sink.take()


def _info(name: str, how: int) -> ZipInfo:
    info = ZipInfo(name, wall_time().timetuple()[:6])
    info.compress_type = how
    return info


def _lines(documents: list[Document]) -> bytes:
    return "".join(document.model_dump_json() + "\n" for document in documents).encode()
