"""Sound out of a file of a known kind, as the listeners want it: mono, 16 kHz, float32.

It must not know what is heard in it. Whatever is wrong with a file is `bad_audio` and the caller's to mend. The first
bytes decide which one demuxer may read it: FFmpeg's own guess also takes playlists (a file that says
"ffconcat version 1.0" opened another file, an SDP opened a port).
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import av
import numpy as np

from media.errors import DeyeonsoError
from media.types import HEARING_RATE, Wave

LONGEST = 900.0  # s: a quarter of an hour; longer ones are refused before they are decoded
RATES = (4_000, 384_000)  # Hz; a header that says 1 Hz would turn 32 MB into a year of sound
CHANNELS = 16
# No demuxer may hand over to another one or open anything: these, from the one open file.
OPTIONS = {"format_whitelist": "wav,aiff,flac,ogg,matroska,webm,mov,mp4,m4a,mp3,aac", "protocol_whitelist": "file"}
MEDIA_TYPES = {
    "wav": "audio/wav",
    "aiff": "audio/aiff",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "matroska": "audio/webm",
    "mov": "audio/mp4",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
}


def sound_format(head: bytes) -> str | None:
    """FFmpeg's name of the format that a file with these first bytes (≥ 12) has; None for any other."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] == b"ftyp":
        return "mov"
    for magic, name in ((b"fLaC", "flac"), (b"OggS", "ogg"), (b"\x1a\x45\xdf\xa3", "matroska"), (b"ID3", "mp3")):
        if head.startswith(magic):
            return name
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0xF6 == 0xF0 else "mp3"  # layer bits 0: ADTS
    return None


def decode(source: str | Path | bytes, longest: float = LONGEST) -> Wave:
    """[N] float32 at 16 kHz of a path or a file's content; channels are mixed down.

    WAV, AIFF, FLAC, Ogg, WebM, MP4, MP3 and AAC. Blocking. Raises `bad_audio` (missing, empty, another kind, no audio,
    damaged beyond its first sound) or `audio_too_long`.
    """
    name = "the upload" if isinstance(source, bytes) else str(source)
    try:
        with BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as file:
            kind = sound_format(file.read(12))
            if kind is None:
                raise _bad(f"{name} is no sound file of a kind that is read here ({', '.join(MEDIA_TYPES)})")
            file.seek(0)
            with av.open(file, "r", format=kind, options=OPTIONS) as container:
                pieces = _pieces(container, name, longest)
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _bad(f"{name} cannot be decoded: {reason}") from error
    if not pieces:
        raise _bad(f"{name} holds no sound at all")
    return np.concatenate(pieces)


def _pieces(container: av.container.InputContainer, name: str, longest: float) -> list[Wave]:
    if not container.streams.audio:
        raise _bad(f"{name} has no sound")
    if container.duration is not None and container.duration / av.time_base > longest:
        raise _too_long(name, longest)
    stream = container.streams.audio[0]
    if not RATES[0] <= stream.rate <= RATES[1] or stream.channels > CHANNELS:
        raise _bad(f"{name} has {stream.channels} channels at {stream.rate} Hz")
    resampler = av.AudioResampler("flt", "mono", HEARING_RATE)
    pieces: list[Wave] = []
    length = 0
    try:
        for frame in container.decode(stream):
            for out in resampler.resample(frame):
                pieces.append(out.to_ndarray().reshape(-1).astype(np.float32))
                length += len(pieces[-1])
            if length > longest * HEARING_RATE:
                raise _too_long(name, longest)
    except av.FFmpegError:
        if not pieces:  # a recording cut off in the middle is analysed as far as it goes
            raise
    pieces += [out.to_ndarray().reshape(-1).astype(np.float32) for out in resampler.resample(None)]
    return pieces


def _bad(message: str) -> DeyeonsoError:
    return DeyeonsoError("bad_audio", message, "caller")


def _too_long(name: str, longest: float) -> DeyeonsoError:
    return DeyeonsoError("audio_too_long", f"{name} is longer than {longest / 60:.0f} minutes", "caller")
