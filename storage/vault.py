"""Recordings at rest: each sealed under a key of its own, that under its person's key, and that under the master key.

It must not know calls, muxers or routes. A recording's key lies in its document, so that it goes when the document goes
(its time is up, or somebody deletes it), and the file, wherever a copy of it may be, is noise from then on. A person's
key goes with the person.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from media.errors import DeyeonsoError
from media.worker import Worker
from storage.errors import Duplicate, NotFound, StoreUnavailable
from storage.sealed import KEY_BYTES, SealedReader, SealedWriter, new_key, unwrap, wrap
from storage.store import Store
from storage.types import DataKey, Recording

_SUFFIXES = {"video/webm": ".webm", "audio/webm": ".weba"}


class Vault:
    """Opens and reads what nobody else can. Every method may raise StoreUnavailable or StoreBroken `key_wrong`."""

    def __init__(self, store: Store, master_key: bytes) -> None:
        self._store = store
        self._master = master_key
        self._mending = asyncio.Lock()
        self.worker = Worker("recordings", backlog=1024)  # sealing, muxing and disk, for all calls

    async def begin(
        self, *, session_id: str, call_id: str, user_id: str, begins: float, media_type: str
    ) -> tuple[Recording, SealedWriter]:
        """A new recording that begins at call time `begins` (s), known to the store before its first byte is."""
        key = new_key()
        wrapped = wrap(key, await self._key_of(user_id), f"recording {call_id}")
        recording = Recording(
            session_id=session_id,
            call_id=call_id,
            user_id=user_id,
            file=self._store.files.new(user_id, _SUFFIXES[media_type]),
            media_type=media_type,
            begins=begins,
            key=base64.b64encode(wrapped).decode(),
        )
        recording = await self._store.add(recording)
        try:
            return recording, await self.worker.run(partial(SealedWriter, self._path(recording), key))
        except OSError as error:
            with suppress(NotFound):
                await self._store.delete(Recording, recording.id, owner=user_id)
            raise StoreUnavailable(f"the media folder: {error.strerror}", "store_full") from error

    async def finish(self, recording: Recording, size: int, seconds: float) -> None:
        """It is whole: `size` bytes that play for `seconds`. What was deleted meanwhile stays deleted."""
        try:
            await self._store.update(Recording, recording.id, owner=recording.user_id, size=size, seconds=seconds)
        except NotFound:
            await self.worker.run(partial(self._store.files.remove, recording.file))

    async def mend(self, recording: Recording, copy: Callable[[SealedReader, SealedWriter], float]) -> Recording:
        """The recording as it is after `copy` made a whole one of what a crash had cut off; it gives its seconds.

        Raises what `copy` raises; the recording is then as it was.
        """
        async with self._mending:
            owner = recording.user_id
            recording = await self._store.get(Recording, recording.id, owner=owner)
            if recording.size is not None:
                return recording  # somebody else who asked was first
            source = await self.open(recording)
            key = new_key()
            wrapped = base64.b64encode(wrap(key, await self._key_of(owner), f"recording {recording.call_id}")).decode()
            file = self._store.files.new(owner, _SUFFIXES[recording.media_type])

            def make() -> tuple[int, float]:
                with source, SealedWriter(self._store.files.path(file), key) as sink:
                    seconds = copy(source, sink)
                    return sink.size, seconds

            try:
                size, seconds = await self.worker.run(make)
                fields = {"file": file, "key": wrapped, "size": size, "seconds": round(seconds, 3)}
                mended = await self._store.update(Recording, recording.id, owner=owner, **fields)
            except BaseException:
                await self.worker.run(partial(self._store.files.remove, file))
                raise
            await self.worker.run(partial(self._store.files.remove, recording.file))
            return mended

    async def open(self, recording: Recording) -> SealedReader:
        """Its bytes in plain; use the reader on `worker` only. Raises NotFound, StoreBroken `media_damaged`."""
        wrapped = base64.b64decode(recording.key)
        key = unwrap(wrapped, await self._key_of(recording.user_id, made=False), f"recording {recording.call_id}")
        try:
            return await self.worker.run(partial(SealedReader, self._path(recording), key))
        except OSError:
            raise NotFound("recordings", recording.id) from None

    def close(self) -> None:
        """Let the thread go."""
        self.worker.close()

    def _path(self, recording: Recording) -> Path:
        return self._store.files.path(recording.file)

    async def _key_of(self, user_id: str, made: bool = True) -> bytes:
        """This person's data key, made where there is none yet. Raises NotFound if it may not be."""
        about = f"user {user_id}"
        try:
            kept = await self._store.get(DataKey, user_id, owner=user_id)
        except NotFound:
            if not made:
                raise
            wrapped = base64.b64encode(wrap(new_key(), self._master, about)).decode()
            try:
                kept = await self._store.add(DataKey(user_id=user_id, wrapped=wrapped))
            except Duplicate:  # another call of theirs was quicker
                kept = await self._store.get(DataKey, user_id, owner=user_id)
        return unwrap(base64.b64decode(kept.wrapped), self._master, about)


def master_key(setting: str, folder: Path) -> tuple[bytes, bool]:
    """MASTER_KEY's 32 bytes, or those of `folder`/master.key, made where it is missing; and whether it was the setting.

    Raises DeyeonsoError `bad_config`, with the key in no message.
    """
    path = folder / "master.key"
    if setting:
        return _decoded(setting, "MASTER_KEY"), True
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".master.key.{secrets.token_hex(8)}")
        scratch.touch(mode=0o600)
        scratch.write_text(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        with suppress(FileExistsError):
            path.hardlink_to(scratch)  # who comes second takes the first one's
        scratch.unlink()
    return _decoded(path.read_text().strip(), str(path)), False


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        message = f"{where}: must be {KEY_BYTES} bytes in base64, such as `openssl rand -base64 {KEY_BYTES}` prints"
        raise DeyeonsoError("bad_config", message, "caller")
    return key
