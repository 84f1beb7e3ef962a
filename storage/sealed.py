"""Files that are noise without their key: sealed block by block, to be written and read anywhere.

It must not know whose file it is, nor what is in it. No plaintext ever reaches the disk: a process that is killed
leaves whole sealed blocks, and a torn last one is read as the end.

On disk: 4 bytes of name, 16 random bytes that name the file, then blocks of BLOCK bytes, each as a 12-byte nonce,
AES-256-GCM ciphertext and 16-byte tag. File name and block number are authenticated with each block, so that blocks
cannot change places. A block that is written again gets a new nonce.
"""

from __future__ import annotations

import io
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import StoreBroken

BLOCK = 32 * 1024  # bytes of plaintext
KEY_BYTES = 32
_MAGIC = b"DYS1"
_HEAD = len(_MAGIC) + 16
_NONCE = 12
_SEALED = _NONCE + BLOCK + 16


def new_key() -> bytes:
    """A fresh key for one file."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(key: bytes, under: bytes, about: str) -> bytes:
    """`key` sealed under another one; `about` says what it is for and must be said again to unwrap it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(under).encrypt(nonce, key, about.encode())


def unwrap(wrapped: bytes, under: bytes, about: str) -> bytes:
    """Raises StoreBroken `key_wrong`: another key sealed it, or it was changed."""
    try:
        return AESGCM(under).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], about.encode())
    except (InvalidTag, ValueError):
        raise StoreBroken("key_wrong", f"the key of {about} was sealed under another MASTER_KEY") from None


class _Blocks:
    """What both directions share: one block in plain at a time."""

    def __init__(self, file: io.BufferedRandom | io.BufferedReader | io.FileIO, key: bytes, name: bytes) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._name = name

    def read(self, number: int) -> bytes:
        """The block's plaintext, empty past the end. Raises InvalidTag."""
        self._file.seek(_HEAD + number * _SEALED)
        sealed = self._file.read(_SEALED)
        if len(sealed) < _NONCE:
            return b""
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._about(number))

    def write(self, number: int, plain: bytes) -> None:
        nonce = secrets.token_bytes(_NONCE)
        self._file.seek(_HEAD + number * _SEALED)
        self._file.write(nonce + self._cipher.encrypt(nonce, plain, self._about(number)))

    def _about(self, number: int) -> bytes:
        return self._name + number.to_bytes(8, "big")


class _Seekable(io.RawIOBase):
    """A place in `size` bytes of plaintext."""

    size = 0
    _at = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True


class SealedWriter(_Seekable):
    """A new sealed file to write to anywhere, as a muxer does. One thread at a time; `flush` seals what is open."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Raises OSError, FileExistsError among them: a sealed file is never written over."""
        super().__init__()
        self._raw = io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+")
        name = secrets.token_bytes(16)
        self._raw.write(_MAGIC + name)
        self._blocks = _Blocks(self._raw, key, name)
        self._number = 0  # of the open block
        self._open = bytearray()
        self._changed = False

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Write at the present place; past the end too, where it fills up with zeros."""
        data = memoryview(data)
        if self._at > self.size:
            place, self._at = self._at, self.size
            self.write(bytes(place - self._at))
        written = 0
        while written < len(data):
            number, start = divmod(self._at, BLOCK)
            self._turn_to(number)
            part = data[written : written + BLOCK - start]
            self._open[start : start + len(part)] = part
            self._changed = True
            written += len(part)
            self._at += len(part)
        self.size = max(self.size, self._at)
        return written

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        """Seal the open block, if anything in it is new."""
        if self._changed:
            self._blocks.write(self._number, bytes(self._open))
            self._changed = False

    def close(self) -> None:
        if not self.closed:
            try:
                self.flush()
                os.fsync(self._raw.fileno())
            finally:
                self._raw.close()
                super().close()

    def _turn_to(self, number: int) -> None:
        if number != self._number:
            self.flush()
            self._number = number
            self._open = bytearray(self._blocks.read(number))


class SealedReader(_Seekable):
    """A sealed file, whole or cut off, to be read anywhere. `size` is that of its plaintext."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Raises OSError; StoreBroken `media_damaged`: it is no sealed file, or another key's."""
        super().__init__()
        self._raw = path.open("rb")
        head = self._raw.read(_HEAD)
        if len(head) < _HEAD or head[:4] != _MAGIC:
            self._raw.close()
            raise _damaged(path, 0)
        self._path = path
        self._blocks = _Blocks(self._raw, key, head[4:])
        self._number = -1
        self._open = b""
        self.size = self._measure(path.stat().st_size - _HEAD)

    def _measure(self, on_disk: int) -> int:
        whole, rest = divmod(max(0, on_disk), _SEALED)
        tail = max(0, rest - _SEALED + BLOCK)
        if tail:
            try:
                self._blocks.read(whole)
            except InvalidTag:  # torn by a kill or a full disk: the file ends before it
                tail = 0
        return whole * BLOCK + tail

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Up to the end of a block. Raises StoreBroken `media_damaged` for a block that was changed."""
        number, start = divmod(self._at, BLOCK)
        wanted = min(len(buffer), self.size - self._at, BLOCK - start)
        if wanted <= 0:
            return 0
        if number != self._number:
            try:
                self._open, self._number = self._blocks.read(number), number
            except InvalidTag:
                raise _damaged(self._path, number) from None
        part = self._open[start : start + wanted]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            super().close()


def _damaged(path: Path, block: int) -> StoreBroken:
    return StoreBroken("media_damaged", f"{path.name}: block {block} cannot be opened with its key")
