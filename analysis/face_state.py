"""One person's face against their own baseline: gaze, posture, blinking, presence and smile as scores.

Pure; it must not know pictures, engines or the report. `FaceState` gathers a call's readings as they come; with no
calibration step the first ten seconds with a face stand in for it, and the confidence says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis import blink, gaze, posture
from analysis.face_moments import moments
from analysis.face_track import FaceTrack, join, measure
from analysis.readings import Evidence, Score, Scores, not_measured
from analysis.scoring import band, fuse
from analysis.types import FaceReading
from media.types import Span

GAZE = {"gaze_listening": 0.60, "gaze_speaking": 0.25, "fixation": 0.15}
LEAST_FACE = 30.0  # s of face for gaze, posture and presence
LEAST_PART = 8.0  # s of it while listening, or while speaking
FULL_FACE = 90.0  # s for full confidence
FIRST = 10.0  # s of face that stand in for a calibration
UNCALIBRATED = 0.7  # of the confidence, then
STEADY = 0.6  # share of them near one direction from which that is taken for the one to the screen
LEAST_BASELINE = 1.0  # s of face a calibration needs
SMILING = 0.35  # mouthSmile from which a mouth smiles
SMILE_BAND = (-0.05, 0.15, 0.70, 1.4)  # share of the listening time; a calm face is not 0
PRESENCE_BAND = (0.4, 0.95, 1.0, 9.0)  # share of the watched time with a face
SMILED = 1.0  # s of a smile that are worth showing
FACE_SCORES = (*GAZE, "gaze_stability", *(f"posture_{name}" for name in posture.WEIGHTS), "posture", "blinking",
               "presence", "smile")  # fmt: skip


@dataclass(frozen=True, slots=True)
class FaceBaseline:
    """How this person looks at the screen and sits when nothing is the matter. Medians."""

    gaze_yaw: float  # degrees
    gaze_pitch: float  # degrees
    pitch: float  # degrees
    roll: float  # degrees
    distance: float  # cm
    smile: float  # 0–1
    squint: float  # 0–1
    calibrated: bool  # of a calibration step, not of the first seconds
    steady: float  # share of that time in which the eyes were near `gaze_yaw` and `gaze_pitch`

    @property
    def gaze_known(self) -> bool:
        """Whether it tells where the screen is: who looks about in the first seconds shows no direction to it."""
        return self.calibrated or self.steady >= STEADY


def baseline_of(track: FaceTrack, calibration: Sequence[Span] = ()) -> FaceBaseline | None:
    """From the last calibration that shows a face, else from the first ten seconds of face; None without a second."""
    for span in sorted(calibration, key=lambda one: -one.start):
        inside = track.where(track.during([span]))
        if inside.seen() >= LEAST_BASELINE:
            return _baseline(inside, True)
    seen = np.cumsum(np.where(track.found, track.weights(), 0.0))
    first = track.where(seen <= FIRST)
    return _baseline(first, False) if first.seen() >= LEAST_BASELINE else None


def _baseline(track: FaceTrack, calibrated: bool) -> FaceBaseline:
    track = track.where(track.found & ~blink.blinking(track.t, track.ear))
    looking = gaze.direction(track.gaze_x, track.gaze_y, track.yaw, track.pitch)
    yaw, pitch = _median(looking.yaw), _median(looking.pitch)
    return FaceBaseline(
        gaze_yaw=yaw,
        gaze_pitch=pitch,
        pitch=_median(track.pitch),
        roll=_median(track.roll),
        distance=_median(track.distance),
        smile=_median(track.smile),
        squint=_median(track.squint),
        calibrated=calibrated,
        steady=gaze.share(gaze.on_target(looking, yaw, pitch), track.weights()) or 0.0,
    )


def _median(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def face_scores(
    track: FaceTrack,
    *,
    listening: Sequence[Span],
    speaking: Sequence[Span],
    calibration: Sequence[Span] = (),
) -> Scores:
    """Every score of `FACE_SCORES`. `listening`: while the partner spoke; `speaking`: while the person did (s)."""
    if not len(track) or not track.found.any():
        return dict.fromkeys(FACE_SCORES, not_measured("no_camera" if not len(track) else "no_face", len(track)))
    scores: dict[str, Score] = {"blinking": blink.score(blink.find(track.t, track.ear))}
    scores["presence"] = _presence(track)
    seen = track.where(track.found)
    weights = track.weights()[track.found]
    baseline = baseline_of(track, calibration)
    if baseline is None or float(weights.sum()) < LEAST_FACE:
        missing = not_measured("too_little_face", len(seen))
        return {**dict.fromkeys(FACE_SCORES, missing), **scores}
    sure = _sure(track) * (1.0 if baseline.calibrated else UNCALIBRATED)
    heard, said = seen.during(listening), seen.during(speaking)
    scores |= _gaze(seen, weights, baseline, heard & ~said, said, sure)
    scores["gaze_stability"] = fuse(scores, GAZE)
    parts = _posture(seen, weights, baseline, sure)
    scores |= {f"posture_{name}": part for name, part in parts.items()}
    scores["posture"] = fuse(parts, posture.WEIGHTS)
    scores["smile"] = _smile(seen, weights, heard, sure)
    return scores


def _sure(track: FaceTrack) -> float:
    """How much of a face there was, how much of its time had pictures, and whether it was alone."""
    weights, lasted = track.weights(), float(track.t[-1] - track.t[0])
    covered = min(1.0, float(weights.sum()) / lasted) if lasted > 0 else 1.0
    alone = float(np.mean(track.faces[track.found] <= 1))
    return min(1.0, track.seen() / FULL_FACE) * covered * (0.5 + 0.5 * alone)


def _gaze(
    seen: FaceTrack,
    weights: NDArray[np.float64],
    baseline: FaceBaseline,
    heard: NDArray[np.bool_],
    said: NDArray[np.bool_],
    sure: float,
) -> dict[str, Score]:
    """n counts pictures, and fixations."""
    if not baseline.gaze_known:
        return dict.fromkeys(GAZE, not_measured("unsteady_baseline", len(seen)))
    awake = ~blink.blinking(seen.t, seen.ear)
    looking = gaze.direction(seen.gaze_x, seen.gaze_y, seen.yaw, seen.pitch)
    on = gaze.on_target(looking, baseline.gaze_yaw, baseline.gaze_pitch)
    scores = {}
    for name, part, judge in (
        ("gaze_listening", heard & awake, gaze.listening_score),
        ("gaze_speaking", said & awake, gaze.speaking_score),
    ):
        share = gaze.share(on[part], weights[part])
        if share is None or float(weights[part].sum()) < LEAST_PART:
            scores[name] = not_measured("too_little_face", int(part.sum()))
            continue
        shown = moments(name, seen.t[part], on[part], tip_id="gaze")
        scores[name] = Score(judge(share), sure, int(part.sum()), None, shown)
    held = gaze.fixations(seen.t[awake], on[awake])
    if len(held) >= 3 or (len(held) and held.sum() >= LEAST_PART):
        shown = moments("fixation", seen.t[awake], on[awake], tip_id="gaze")
        scores["fixation"] = Score(gaze.fixation_score(held), sure, len(held), None, shown)
    else:
        scores["fixation"] = not_measured("too_little_face", len(held))
    return scores


def _posture(seen: FaceTrack, weights: NDArray[np.float64], baseline: FaceBaseline, sure: float) -> dict[str, Score]:
    posed = ~np.isnan(seen.roll)
    n = int(posed.sum())
    if float(weights[posed].sum()) < LEAST_FACE:
        return dict.fromkeys(posture.WEIGHTS, not_measured("too_little_face", n))
    there, w = seen.where(posed), weights[posed]
    swaying = posture.sway(there.t, there.x, there.y)
    values = {
        "roll": posture.roll_score(there.roll, w, baseline.roll),
        "pitch": posture.pitch_score(there.pitch, w, baseline.pitch),
        "distance": posture.distance_score(there.distance, w, baseline.distance),
    }
    away = {"roll": there.roll - baseline.roll, "pitch": there.pitch - baseline.pitch,
            "distance": there.distance / baseline.distance}  # fmt: skip
    nearest, farthest = posture.DISTANCE[1:3]
    at_ease = {"roll": np.abs(away["roll"]) <= posture.ROLL[0], "pitch": np.abs(away["pitch"]) <= posture.PITCH[0],
               "distance": (away["distance"] >= nearest) & (away["distance"] <= farthest)}  # fmt: skip
    scores = {
        name: Score(
            value, sure, n, None, moments(f"posture_{name}", there.t, at_ease[name], away[name], tip_id="posture")
        )
        for name, value in values.items()
    }
    if swaying is None:
        return {**scores, "sway": not_measured("low_frame_rate", n)}
    restless = posture.restless(there.t, there.x, there.y)
    shown = () if restless is None else (Evidence("posture_sway", *restless, tip_id="posture"),)
    return {**scores, "sway": Score(posture.sway_score(swaying), sure, n, None, shown)}


def _presence(track: FaceTrack) -> Score:
    """Share of the watched time with a face; n counts pictures."""
    watched = track.where(track.watched())
    weights = watched.weights()
    if float(weights.sum()) < LEAST_FACE:
        return not_measured("too_little_face", len(watched))
    share = float(weights[watched.found].sum() / weights.sum())
    shown = moments("presence", watched.t, watched.found, tip_id="no_face")
    return Score(band(share, *PRESENCE_BAND), _sure(track), len(watched), None, shown)


def _smile(seen: FaceTrack, weights: NDArray[np.float64], heard: NDArray[np.bool_], sure: float) -> Score:
    """Share of the listening time with a smiling mouth."""
    part = heard & ~np.isnan(seen.smile)
    seconds = float(weights[part].sum())
    if seconds < LEAST_PART:
        return not_measured("too_little_face", int(part.sum()))
    smiling = seen.smile[part] >= SMILING
    share = float(weights[part][smiling].sum()) / seconds
    shown = tuple(
        one for one in moments("smile", seen.t[part], smiling, least=SMILED) if one.direction == "good"
    )  # no moment calls for a smile
    return Score(band(share, *SMILE_BAND), sure, int(part.sum()), None, shown)


class FaceState:
    """A call's face so far. Keeps 14 numbers a picture, in blocks; a score is worked out when it is asked for."""

    BLOCK = 64  # pictures measured in one go

    def __init__(self) -> None:
        self.calibration: list[Span] = []
        self._tracks: list[FaceTrack] = []
        self._waiting: list[FaceReading] = []
        self._taken = 0

    def add(self, reading: FaceReading) -> None:
        self._waiting.append(reading)
        if len(self._waiting) >= self.BLOCK:
            self._tracks.append(measure(self._waiting))
            self._waiting = []

    def track(self) -> FaceTrack:
        """All pictures so far."""
        if self._waiting:
            self._tracks.append(measure(self._waiting))
            self._waiting = []
        self._tracks = [join(self._tracks)] if self._tracks else [measure(())]
        return self._tracks[0]

    def take(self) -> FaceTrack | None:
        """What has come since it was last taken, for keeping; None where that is nothing."""
        track, since = self.track(), self._taken
        self._taken = len(track)
        return track.where(np.arange(len(track)) >= since) if len(track) > since else None

    def recent(self, now: float, seconds: float) -> FaceTrack:
        """The pictures of the last `seconds`."""
        track = self.track()
        return track.where((track.t > now - seconds) & (track.t <= now))

    @property
    def baseline(self) -> FaceBaseline | None:
        return baseline_of(self.track(), self.calibration)

    def scores(self, listening: Sequence[Span], speaking: Sequence[Span]) -> Scores:
        """The running scores."""
        return face_scores(self.track(), listening=listening, speaking=speaking, calibration=self.calibration)
