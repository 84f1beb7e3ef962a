"""How loud and how even a voice is: levels of seconds, their spread, the fading of a turn's end, clipping.

Pure over frames and samples; it must not know pitch, texts or scores.
"""

from __future__ import annotations

import numpy as np

from analysis.pitch import HOP_SECONDS
from analysis.voicing import Frames, runs
from media.types import Wave

WINDOW = 1.0  # s
LEAST_VOICED = 0.3  # s of voice a window must hold to be measured
ENDING = 0.5  # s of voiced speech taken for a turn's end
LEAST_BODY = 1.0  # s of voiced speech before it
FULL_SCALE = 0.985  # of the highest level there is
CLIPPED = 1e-3  # share of the samples at full scale


def level(frames: Frames) -> float | None:
    """dBFS of the voiced speech; None without any."""
    return _mean(frames.level[frames.voiced])


def window_levels(frames: Frames) -> Wave:
    """dBFS of the voiced speech in each second from the first speech on that holds .3 s of voice."""
    if (extent := frames.extent) is None:
        return np.zeros(0, np.float32)
    hops = round(WINDOW / HOP_SECONDS)
    found = []
    for start in range(extent[0], extent[1], hops):
        inside = slice(start, min(start + hops, extent[1]))
        voiced = frames.level[inside][frames.voiced[inside]]
        if len(voiced) * HOP_SECONDS >= LEAST_VOICED:
            found.append(_mean(voiced))
    return np.asarray(found, np.float32)


def unevenness(levels: Wave) -> float | None:
    """Standard deviation of the windows' levels in dB; None under 3 windows."""
    return float(np.std(levels, dtype=np.float64)) if len(levels) >= 3 else None


def trailing(frames: Frames) -> float | None:
    """dB by which the last half second of voice lies below the voice before it; None when the turn is too short."""
    voiced = frames.level[frames.voiced]
    ending = round(ENDING / HOP_SECONDS)
    if len(voiced) < ending + round(LEAST_BODY / HOP_SECONDS):
        return None
    body, end = _mean(voiced[:-ending]), _mean(voiced[-ending:])
    return None if body is None or end is None else body - end


def is_clipped(samples: Wave) -> bool:
    """Whether the sound runs flat at its own ceiling: runs of three and more samples at its highest value."""
    size = np.abs(samples)
    peak = float(size.max()) if len(size) else 0.0
    if peak < 0.05:
        return False
    flat = sum(end - start for start, end in runs(size >= FULL_SCALE * peak) if end - start >= 3)
    return flat > CLIPPED * len(samples)


def _mean(levels: Wave) -> float | None:
    """The level of the mean power, in dBFS."""
    return 10.0 * float(np.log10(np.mean(10.0 ** (levels.astype(np.float64) / 10)))) if len(levels) else None
