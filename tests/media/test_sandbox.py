"""Strangers' files: read for what they are, or refused within bounds; a broken decoder takes nothing along."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from media import sandbox
from media.errors import DeyeonsoError
from media.sandbox import Sandbox, decoded
from media.types import HEARING_RATE

KINDS = {  # container → (codec, rate)
    "wav": ("pcm_s16le", 16_000),
    "aiff": ("pcm_s16be", 16_000),
    "flac": ("flac", 16_000),
    "ogg": ("libopus", 48_000),
    "webm": ("libopus", 48_000),
    "mp4": ("aac", 48_000),
    "mp3": ("libmp3lame", 16_000),
    "adts": ("aac", 48_000),
}


def encoded(kind: str, samples: np.ndarray, rate: int | None = None, codec: str | None = None) -> bytes:
    """A sound file of mono int16 samples."""
    out = BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream(codec or KINDS[kind][0], rate=rate or KINDS[kind][1], layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = stream.rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return out.getvalue()


def hum(rate: int, seconds: float = 1.0) -> np.ndarray:
    return (8000 * np.sin(np.arange(round(rate * seconds)) * 2 * np.pi * 220 / rate)).astype(np.int16)


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """A greyscale PNG that claims this size, with `body` as its packed pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(body or bytes((width + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.fixture
def refused(tmp_path: Path):
    """(kind, content) -> the code of the refusal."""

    def code_of(kind: sandbox.Kind, content: bytes, **limits: float) -> str:
        file = tmp_path / "upload"
        file.write_bytes(content)
        with pytest.raises(DeyeonsoError) as caught:
            decoded(kind, file, 60.0, **limits)  # type: ignore[arg-type]
        assert caught.value.whose == "caller"
        assert str(tmp_path) not in caught.value.message
        return caught.value.code

    return code_of


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_sound_comes_back_as_the_listeners_want_it(kind: str, tmp_path: Path):
    file = tmp_path / "upload"
    file.write_bytes(encoded(kind, hum(KINDS[kind][1])))
    box = Sandbox()
    samples = await box.sound(file, 60.0)
    box.close()
    assert samples.dtype == np.float32
    assert len(samples) / HEARING_RATE == pytest.approx(1.0, abs=0.15)
    spectrum = np.abs(np.fft.rfft(samples[:HEARING_RATE]))
    assert np.argmax(spectrum) * HEARING_RATE / len(samples[:HEARING_RATE]) == pytest.approx(220, abs=5)


async def test_a_picture_comes_back_as_pixels(tmp_path: Path):
    file = tmp_path / "upload"
    file.write_bytes(png(40, 30))
    box = Sandbox()
    assert (await box.picture(file)).shape == (30, 40, 3)
    box.close()


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile secret.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "<?xml version='1.0'?><MPD><BaseURL>secret.wav</BaseURL></MPD>",
        "[playlist]\nFile1=http://127.0.0.1/secret.wav\n",
    ],
)
def test_a_playlist_opens_nothing(refused, tmp_path: Path, playlist: str):
    (tmp_path / "secret.wav").write_bytes(encoded("wav", hum(16_000)))
    assert refused("sound", playlist.encode()) == "bad_audio"
    # Nor behind the first bytes of a sound file.
    wave = encoded("wav", hum(16_000))[:12]
    assert refused("sound", wave + playlist.encode()) == "bad_audio"


@pytest.mark.parametrize("head", [b"", b"RIFF", b"\x89PNG\r\n\x1a\n" + bytes(20), b"MZ" + bytes(50), b"GIF89a" * 9])
def test_another_kind_of_file_is_no_sound(refused, head: bytes):
    assert refused("sound", head) == "bad_audio"


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a" + bytes(30), b"\xff\xd8\xff\xe0" + bytes(30), b"<svg/>", png(9, 9)[:30]]
)
def test_another_kind_of_file_is_no_picture(refused, content: bytes):
    assert refused("picture", content) == "bad_image"


def test_a_sound_that_is_a_picture_too_is_read_as_what_its_first_bytes_say(refused):
    assert refused("sound", png(9, 9) + encoded("wav", hum(16_000))) == "bad_audio"
    assert refused("picture", encoded("wav", hum(16_000)) + png(9, 9)) == "bad_image"


@pytest.mark.parametrize("kind", ["flac", "ogg"])
def test_a_silence_bomb_is_stopped_by_what_it_becomes_not_by_what_it_claims(refused, kind: str):
    rate = KINDS[kind][1]
    bomb = bytearray(encoded(kind, np.zeros(70 * rate, np.int16)))
    assert len(bomb) < 100_000
    if kind == "flac":  # its header claims no length
        bomb[21] &= 0xF0
        bomb[22:26] = bytes(4)
    else:  # its last page claims to be at zero
        last = bomb.rfind(b"OggS")
        bomb[last + 6 : last + 14] = bytes(8)
    assert refused("sound", bytes(bomb)) == "audio_too_long"


def test_a_rate_that_would_stretch_a_second_to_hours_is_refused(refused):
    wave = bytearray(encoded("wav", hum(16_000)))
    wave[24:28] = struct.pack("<I", 1)
    assert refused("sound", bytes(wave)) in ("bad_audio", "audio_too_long")


def test_a_picture_bomb_is_refused_by_its_header(refused):
    assert refused("picture", png(30_000, 30_000, bytes(100))) == "image_too_large"


def test_memory_is_bounded(refused, tmp_path: Path):
    large = png(7000, 7000)
    assert refused("picture", large, memory=450_000_000) in ("decoding_failed", "bad_image")
    assert decoded("picture", tmp_path / "upload").shape == (
        1280,
        1280,
        3,
    )  # the same file, with what a large one needs


def test_time_is_bounded_and_the_child_is_gone(refused):
    assert refused("sound", encoded("wav", hum(16_000)), wall=0.02) == "decoding_failed"
    assert not [one for one in psutil.Process().children() if "media.sandbox" in one.cmdline()]


def test_a_recording_cut_off_is_read_as_far_as_it_goes(tmp_path: Path):
    file = tmp_path / "upload"
    content = encoded("ogg", hum(48_000, 4.0))
    file.write_bytes(content[: len(content) * 2 // 3])
    assert 1.0 < len(decoded("sound", file, 60.0)) / HEARING_RATE < 4.0
