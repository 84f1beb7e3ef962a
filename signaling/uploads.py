"""Files that people send: taken in bounded from a form or a raw body, and read in the sandbox before they are kept.

It must not know what is heard or seen in them. No name that comes with a file is used for anything.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http import HttpProcessingError

from media.errors import DeyeonsoError
from media.picture_file import picture_format
from media.sandbox import Kind, Sandbox
from media.sound_file import LONGEST, MEDIA_TYPES, sound_format
from media.worker import Worker
from storage import Store, Upload

FORM = "multipart/form-data"
FIELD = "file"  # name of the form's part that is the file
FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {FIELD: {"type": "string", "format": "binary"}},
    "required": [FIELD],
}
SOUNDS = (FORM, "audio/*", "video/webm", "video/mp4")
PICTURES = (FORM, "image/*")
MOST = 100  # files of one person
PARTS = 16  # of a form
FIRST_BYTES = 20.0  # s that a body may take, and one more for every SLOWEST bytes of it
SLOWEST = 20_000  # bytes/s
PIECE = 256 * 1024  # bytes written at once
_SUFFIXES = {"matroska": "webm", "mov": "m4a", "jpeg": "jpg"}


class Uploads:
    """Takes files in; at most `largest` bytes each. One for the whole service."""

    def __init__(self, store: Store, largest: int) -> None:
        self.largest = largest
        self.sandbox = Sandbox()
        self._store = store
        self._disk = Worker("uploads")

    @asynccontextmanager
    async def taken(self, request: web.Request) -> AsyncGenerator[Path, None]:
        """The request's file, in a place of its own until the block ends.

        Raises DeyeonsoError `body_too_large`, `body_too_slow`, `bad_form`, `empty_upload`.
        """
        with tempfile.NamedTemporaryFile(prefix="deyeonso-") as file:
            await self._receive(request, file)  # type: ignore[arg-type]
            yield Path(file.name)

    async def keep(self, request: web.Request, kind: Kind, owner: str) -> Upload:
        """Take the request's file in for good, once it has been read.

        Raises as `taken` and as the sandbox, and DeyeonsoError `too_many`.
        """
        if len((await self._store.page(Upload, owner=owner, limit=MOST)).items) >= MOST:
            raise DeyeonsoError("too_many", f"파일은 {MOST}개까지 둘 수 있어요. 먼저 몇 개를 지워 주세요.", "caller")
        async with self.taken(request) as path:
            if kind == "sound":
                await self.sandbox.sound(path, LONGEST)
            else:
                await self.sandbox.picture(path)
            head = await self._disk.run(partial(_head, path))
            name = (sound_format(head) if kind == "sound" else picture_format(head)) or ""
            relative = await self._disk.run(lambda: self._store.files.new(owner, f".{_SUFFIXES.get(name, name)}"))
            size = await self._disk.run(partial(_copy, path, self._store.files.path(relative)))
        media_type = MEDIA_TYPES[name] if kind == "sound" else f"image/{name}"
        try:
            return await self._store.add(Upload(user_id=owner, file=relative, media_type=media_type, size=size))
        except BaseException:
            self._store.files.remove(relative)
            raise

    async def _receive(self, request: web.Request, file: BinaryIO) -> None:
        if (request.content_length or 0) > self.largest + (PIECE if request.content_type == FORM else 0):
            raise _too_large(self.largest)
        size, waiting = 0, bytearray()
        try:
            async with asyncio.timeout(FIRST_BYTES) as patience:
                until = patience.when() or 0.0
                async for piece in _pieces(request, self.largest):
                    size += len(piece)
                    if size > self.largest:
                        raise _too_large(self.largest)
                    waiting += piece
                    if len(waiting) >= PIECE:
                        await self._disk.run(partial(file.write, bytes(waiting)))
                        waiting.clear()
                    patience.reschedule(until + size / SLOWEST)
        except TimeoutError:
            raise DeyeonsoError("body_too_slow", "the file comes too slowly", "caller") from None
        if not size:
            raise DeyeonsoError("empty_upload", "there is nothing in this file", "caller")
        await self._disk.run(partial(file.write, bytes(waiting)))
        await self._disk.run(file.flush)

    def close(self) -> None:
        """End the workers."""
        self.sandbox.close()
        self._disk.close()


async def _pieces(request: web.Request, largest: int) -> AsyncIterator[bytes]:
    if request.content_type != FORM:
        async for piece in request.content.iter_any():
            yield piece
        return
    try:
        reader = await request.multipart()
        for _ in range(PARTS):
            part = await reader.next()
            if part is None:
                break
            if not isinstance(part, BodyPartReader):
                continue
            mine = part.name == FIELD
            if mine and part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "binary").lower() not in ("binary", "8bit"):
                raise _bad_form("the file must be sent as it is, in no transfer encoding")
            while piece := await part.read_chunk(65_536):
                if request.content.total_bytes > largest + PIECE:
                    raise _too_large(largest)
                if mine:
                    yield piece
            if mine:
                return
    except (ValueError, AssertionError, LookupError, HttpProcessingError) as error:  # what aiohttp's reader raises
        raise _bad_form(str(error)[:80] or "it cannot be read") from None
    raise _bad_form(f'it must have a part "{FIELD}" among its first {PARTS}')


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _copy(source: Path, target: Path) -> int:
    target.touch(0o600)
    shutil.copyfile(source, target)
    return target.stat().st_size


def _bad_form(why: str) -> DeyeonsoError:
    return DeyeonsoError("bad_form", f"the form cannot be used: {why}", "caller")


def _too_large(most: int) -> DeyeonsoError:
    return DeyeonsoError("body_too_large", f"a file may have at most {most} bytes", "caller")
