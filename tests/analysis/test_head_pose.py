"""Angles out of matrices whose angles are known."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.face_track import measure
from analysis.head_pose import head_pose
from tests.analysis.faces import face


@pytest.mark.parametrize("yaw", [-25.0, 0.0, 25.0])
@pytest.mark.parametrize("pitch", [-20.0, 0.0, 20.0])
@pytest.mark.parametrize("roll", [-30.0, 0.0, 30.0])
def test_each_angle_is_told_from_the_others(yaw: float, pitch: float, roll: float) -> None:
    track = measure([face(0.0, yaw=yaw, pitch=pitch, roll=roll)])
    assert (track.yaw[0], track.pitch[0], track.roll[0]) == pytest.approx((yaw, pitch, roll), abs=0.01)


def test_the_distance_and_the_place_are_the_matrixs() -> None:
    track = measure([face(0.0, place=(3.0, -2.0, -75.0))])
    assert (track.x[0], track.y[0], track.distance[0]) == (3.0, -2.0, 75.0)


def test_no_poses_are_no_angles() -> None:
    assert len(head_pose(np.zeros((0, 4, 4), np.float32)).yaw) == 0
