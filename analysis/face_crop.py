"""The face cut out of a picture for an expression model: square, around the landmarks, grey where the picture ends.

It must not know models. The crop is a copy: the picture can be dropped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from media.types import Pixels

MARGIN = 1.15  # side of the square ÷ longer side of the landmarks' box


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
