"""One turn laid on a grid of 16 ms: how loud, whether speech, whether voiced, whether it arrived at all.

Pure over samples and what the engines said of them; it must not know turns, texts or scores. A frame that the network
lost is neither speech nor pause: it is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.engines import SpeechDetector
from analysis.pitch import HOP, HOP_SECONDS, SURE, Mask, PitchTrack
from media.types import HEARING_RATE, Span, Wave

FLOOR = -100.0  # dBFS of digital silence
SPEECH = 0.5  # probability from which a frame is speech
REACH = 3  # frames by which speech is widened: the detector comes late to soft consonants
RANGE = 35.0  # dB below the loud speech under which nothing is speech
PAUSE = 0.25  # s, the shortest pause
LEAST_SPEECH = 0.3  # s under which a sound is no speech at all


@dataclass(frozen=True, slots=True)
class Frames:
    """[F] of each, `HOP_SECONDS` apart."""

    level: Wave  # dBFS
    pitch: Wave  # Hz, meaningful where voiced
    speech: Mask
    voiced: Mask
    measured: Mask

    @property
    def extent(self) -> tuple[int, int] | None:
        """First frame of speech and the one after the last; None without enough speech."""
        found = np.flatnonzero(self.speech)
        if len(found) * HOP_SECONDS < LEAST_SPEECH:
            return None
        return int(found[0]), int(found[-1]) + 1

    @property
    def speaking(self) -> float:
        """Seconds from first to last speech with the pauses between, without what was lost."""
        if (extent := self.extent) is None:
            return 0.0
        return float(self.measured[slice(*extent)].sum()) * HOP_SECONDS


def probabilities(detector: SpeechDetector, samples: Wave) -> Wave:
    """The detector's verdict on every hop of `samples`; blocking, some 4 ms a second of sound."""
    detector.reset()
    frames = len(samples) // detector.frame
    found = [detector.probability(frame) for frame in samples[: frames * detector.frame].reshape(-1, detector.frame)]
    spread = np.repeat(np.asarray(found, np.float32), detector.frame // HOP)
    hops = len(samples) // HOP
    return np.pad(spread, (0, max(0, hops - len(spread))), mode="edge" if len(spread) else "constant")[:hops]


def lay(samples: Wave, track: PitchTrack, speech: Wave | None = None, gaps: Sequence[Span] = ()) -> Frames:
    """The grid of [N] float32 at 16 kHz. `speech` are probabilities a hop (None: every sound is), `gaps` count from
    the first sample."""
    count = min(len(samples) // HOP, len(track.hz))
    level = levels(samples)[:count]
    measured = np.ones(count, np.bool_)
    for gap in gaps:
        first, last = int(gap.start / HOP_SECONDS), int(np.ceil(gap.end / HOP_SECONDS - 1e-6))
        measured[max(0, first) : max(0, last)] = False
    likely = np.ones(count, np.bool_) if speech is None else _widened(speech[:count] >= SPEECH)
    likely &= measured & (level > FLOOR)
    if likely.any():
        likely &= level > np.percentile(level[likely], 95) - RANGE
    return Frames(level, track.hz[:count], likely, likely & (track.confidence[:count] >= SURE), measured)


def levels(samples: Wave) -> Wave:
    """RMS of each whole hop, in dBFS."""
    hops = np.nan_to_num(samples[: len(samples) // HOP * HOP]).astype(np.float64).reshape(-1, HOP)
    power = np.mean(hops**2, axis=1)
    return np.asarray(10.0 * np.log10(np.maximum(power, 10 ** (FLOOR / 10))), np.float32)


def pauses(frames: Frames) -> tuple[Span, ...]:
    """Silences of at least .25 s between speech, in seconds from the first frame; none that touches a lost one."""
    if (extent := frames.extent) is None:
        return ()
    first, last = extent
    found = []
    for start, end in runs(~frames.speech[first:last]):
        if (end - start) * HOP_SECONDS >= PAUSE and frames.measured[first + start : first + end].all():
            found.append(Span((first + start) * HOP_SECONDS, (first + end) * HOP_SECONDS))
    return tuple(found)


def runs(mask: Mask) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def seconds(samples: Wave) -> float:
    """Length of a sound at 16 kHz."""
    return len(samples) / HEARING_RATE


def _widened(mask: Mask) -> Mask:
    return np.convolve(mask, np.ones(2 * REACH + 1), "same") > 0.5 if len(mask) > 2 * REACH else mask
