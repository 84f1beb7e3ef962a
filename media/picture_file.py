"""Pictures from files, bytes and arrays: as RGB pixels of a bounded size, or one clear error.

It must not know faces. JPEG (greyscale and CMYK too), PNG and WebP; the size is read before anything is unpacked.
"""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from media.errors import DeyeonsoError
from media.types import Pixels

MOST_PIXELS = 64_000_000  # an 8k picture has 33 million
LONGEST_SIDE = 1280  # px; larger pictures are made smaller: a face needs no more


def load_picture(source: str | Path | bytes | NDArray[np.generic]) -> Pixels:
    """H x W x 3 uint8 RGB, at most 1280 px long. Raises `bad_image`, `image_too_large`."""
    if isinstance(source, (str, Path)):
        try:
            source = Path(source).read_bytes()
        except OSError as error:
            raise DeyeonsoError("bad_image", f"the picture cannot be read: {error}", "caller") from error
    pixels = _decoded(source) if isinstance(source, bytes) else _checked(source)
    scale = LONGEST_SIDE / max(pixels.shape[:2])
    if scale < 1:
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(pixels)


def _checked(array: NDArray[np.generic]) -> Pixels:
    """Greyscale [H,W] or [H,W,1], RGB [H,W,3] or RGBA [H,W,4]; uint8."""
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
        raise DeyeonsoError("bad_image", "a picture is a uint8 array, a path or a file's bytes", "caller")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        raise DeyeonsoError("bad_image", f"a picture has H x W x 3 values, not {array.shape}", "caller")
    _bounded(array.shape[1], array.shape[0])
    pixels = np.repeat(array, 3, axis=2) if array.shape[2] == 1 else array[:, :, :3]
    return np.asarray(pixels, np.uint8)


def _decoded(data: bytes) -> Pixels:
    size = _size(data)
    if size is None:
        raise DeyeonsoError("bad_image", "this is no JPEG, PNG or WebP picture", "caller")
    _bounded(*size)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise DeyeonsoError("bad_image", f"the picture cannot be decoded: {error.err}", "caller") from error
    if pixels is None:
        raise DeyeonsoError("bad_image", "the picture is damaged", "caller")
    return np.asarray(pixels[:, :, ::-1], np.uint8)


def _bounded(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        limit = f"at most {MOST_PIXELS // 1_000_000} million pixels"
        raise DeyeonsoError("image_too_large", f"a picture may have {limit}, not {width} x {height}", "caller")


def picture_format(head: bytes) -> str | None:
    """ "png", "jpeg" or "webp" by a file's first 12 bytes; None for any other."""
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    return "webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def _size(data: bytes) -> tuple[int, int] | None:
    """(width, height) px from the file's header; None for any other format."""
    kind = picture_format(data)
    try:
        if kind == "png":
            width, height = struct.unpack(">II", data[16:24])
            return width, height
        if kind == "jpeg":
            return _jpeg_size(data)
        if kind == "webp":
            return _webp_size(data)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        padding = marker == 0xFF
        at += 1 if padding else 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF
