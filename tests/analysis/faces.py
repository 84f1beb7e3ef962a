"""Made-up faces over time, with everything about them known: where they look, when they blink, how they sit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from analysis.types import FaceReading

WIDTH, HEIGHT = 640, 480
EYES = (  # p1 … p6 of the eye aspect ratio, outer or inner corner first, then the iris
    ((33, 160, 158, 133, 153, 144), 468, -0.07),
    ((362, 385, 387, 263, 373, 380), 473, 0.07),
)
CALM: Mapping[str, float] = dict.fromkeys(
    [
        *(f"{name}{side}" for side in ("Left", "Right") for name in (
            "mouthSmile", "mouthDimple", "mouthFrown", "mouthPress", "mouthStretch", "mouthUpperUp", "browDown",
            "eyeSquint", "eyeWide", "noseSneer",
        )),
        "browInnerUp", "jawOpen", "mouthShrugLower",
    ],
    0.02,
)  # fmt: skip


def face(
    t: float,
    *,
    ear: float = 0.30,
    iris: tuple[float, float] = (0.0, 0.0),
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    place: tuple[float, float, float] = (0.0, 0.0, -60.0),
    smile: float = 0.02,
    faces: int = 1,
    **shapes: float,
) -> FaceReading:
    """A face whose eyes are as open (aspect ratio) and turned (iris offset ÷ eye width) as said; degrees and cm."""
    marks = np.full((478, 3), 0.5, np.float32)
    for outline, iris_mark, side in EYES:
        middle, width = np.array([(0.5 + side) * WIDTH, 0.45 * HEIGHT]), 40.0
        up = ear * width / 2
        for mark, dx, dy in zip(outline, (-0.5, -0.2, 0.2, 0.5, 0.2, -0.2), (0, -up, -up, 0, up, up), strict=True):
            marks[mark, :2] = np.add(middle, (dx * width, dy)) / (WIDTH, HEIGHT)
        marks[iris_mark, :2] = (middle + np.array(iris) * width) / (WIDTH, HEIGHT)
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = rotation(yaw, pitch, roll) * 1.03  # the real one scales, too
    matrix[:3, 3] = place
    known = {**CALM, "mouthSmileLeft": smile, "mouthSmileRight": smile, **shapes}
    return FaceReading(t, WIDTH, HEIGHT, marks, known, matrix, faces)


def nobody(t: float) -> FaceReading:
    return FaceReading(t, WIDTH, HEIGHT)


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Roll after yaw after pitch, degrees."""
    p, y, r = np.radians((pitch, yaw, roll))
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def film(seconds: float, rate: float = 15.0, start: float = 0.0, make: Callable[..., FaceReading] = face, **how: object
         ) -> list[FaceReading]:  # fmt: skip
    """`rate` pictures a second. A value that is a function is asked for the moment (s from the film's beginning)."""
    moments = [number / rate for number in range(round(seconds * rate))]
    return [
        make(start + t, **{name: value(t) if callable(value) else value for name, value in how.items()})
        for t in moments
    ]


def noisy(seed: int = 5, sd: float = 1.0) -> Callable[[float], float]:
    """Noise of the landmarker's own size, for a measure in its own unit."""
    random = np.random.default_rng(seed)
    return lambda _: float(random.normal(0, sd))


def blinking(at: Iterable[float], lasts: float = 0.2, closed: float = 0.06) -> Callable[[float], float]:
    """Eye aspect ratio with blinks that begin at these moments (s)."""
    begins: Sequence[float] = sorted(at)
    return lambda t: closed if any(begin <= t < begin + lasts for begin in begins) else 0.30
