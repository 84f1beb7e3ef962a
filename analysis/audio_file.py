"""Sound out of a file of any kind that PyAV decodes, as the listeners want it: mono, 16 kHz, float32.

It must not know what is heard in it. Whatever is wrong with a file is `bad_audio` and the caller's to mend.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import av
import numpy as np

from media.errors import DeyeonsoError
from media.types import HEARING_RATE, Wave

LONGEST = 900.0  # s: a quarter of an hour; longer ones are refused before they are decoded


def decode(source: str | Path | bytes, longest: float = LONGEST) -> Wave:
    """[N] float32 at 16 kHz of a path or a file's content; channels are mixed down.

    Blocking. Raises `bad_audio` (missing, empty, no audio, damaged beyond its first sound) or `audio_too_long`.
    """
    name = "the upload" if isinstance(source, bytes) else str(source)
    if isinstance(source, str | Path) and not Path(source).is_file():
        raise _bad(f"there is no file {name}")
    try:
        with av.open(BytesIO(source) if isinstance(source, bytes) else str(source), "r") as container:
            if not container.streams.audio:
                raise _bad(f"{name} has no sound")
            if container.duration is not None and container.duration / av.time_base > longest:
                raise _too_long(name, longest)
            pieces = _pieces(container, name, longest)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _bad(f"{name} cannot be decoded: {error}") from error
    if not pieces:
        raise _bad(f"{name} holds no sound at all")
    return np.concatenate(pieces)


def _pieces(container: av.container.InputContainer, name: str, longest: float) -> list[Wave]:
    resampler = av.AudioResampler("flt", "mono", HEARING_RATE)
    pieces: list[Wave] = []
    length = 0
    try:
        for frame in container.decode(audio=0):
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
