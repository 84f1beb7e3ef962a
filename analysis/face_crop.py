"""The face cut out of a picture for an expression model: square, around the landmarks, grey where the picture ends.

It must not know models. The crop is a copy: the picture can be dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.types import FaceReading
from media.types import Pixels

SMALLEST = 24.0  # px between the face's sides, under which it shows nothing
OUTSIDE = 0.2  # of the landmarks that may lie beyond the picture's edge
MARGIN = 1.15  # side of the square ÷ longer side of the landmarks' box


@dataclass(frozen=True, slots=True)
class FaceCrop:
    """A face for the expression model, with the reading it was cut out by."""

    reading: FaceReading
    pixels: Pixels


def face_crop(pixels: Pixels, landmarks: NDArray[np.float32], margin: float = MARGIN) -> Pixels:
    """S x S x 3 of H x W x 3; landmarks [478,3] in 0–1 of the picture's sides."""
    height, width = pixels.shape[:2]
    points = landmarks[:, :2].astype(np.float64) * (width, height)
    low, high = points.min(axis=0), points.max(axis=0)
    side = max(8, round(float((high - low).max()) * margin))
    left, top = (int(value) for value in np.round((low + high - side) / 2))
    crop = np.full((side, side, 3), 127, np.uint8)
    inside = pixels[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    if inside.size:
        y, x = max(0, -top), max(0, -left)
        crop[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return crop


def unreadable(reading: FaceReading) -> str | None:
    """Why this face's expression cannot be told; None where it can."""
    if reading.landmarks is None:
        return "no_face"
    points = reading.landmarks[:, :2]
    if float(np.ptp(points[:, 0])) * reading.width < SMALLEST:
        return "face_too_small"
    beyond = ((points < 0) | (points > 1)).any(axis=1)
    return "face_cut_off" if float(beyond.mean()) > OUTSIDE else None
