"""The head's pose from the landmarker's transformation matrix: angles, place and distance.

Pure geometry over arrays; it must not know what a pose is good for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeadPose:
    """N poses. Right, left, up and down are those of the picture."""

    yaw: Series  # [N] degrees, > 0 turned to the picture's right
    pitch: Series  # [N] degrees, > 0 turned down
    roll: Series  # [N] degrees, > 0 tilted against the clock
    place: NDArray[np.float64]  # [N,2] cm, right and up
    distance: Series  # [N] cm from the (assumed) camera


def head_pose(matrices: NDArray[np.float32]) -> HeadPose:
    """Poses of [N,4,4] matrices.

    The rotation is read as roll after yaw after pitch, so that turning the picture changes the roll and nothing
    else. The columns are normalised first: the matrix also scales.
    """
    m = np.asarray(matrices, np.float64)
    rotation = m[:, :3, :3] / np.linalg.norm(m[:, :3, :3], axis=1, keepdims=True)
    return HeadPose(
        yaw=np.degrees(np.arcsin(np.clip(-rotation[:, 2, 0], -1.0, 1.0))),
        pitch=np.degrees(np.arctan2(rotation[:, 2, 1], rotation[:, 2, 2])),
        roll=np.degrees(np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0])),
        place=m[:, :2, 3],
        distance=-m[:, 2, 3],
    )
