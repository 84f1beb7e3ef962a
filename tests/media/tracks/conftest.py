"""What the tests of the outgoing voice share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.media.tracks.player import Player


@pytest.fixture
def player() -> Player:
    return Player()


@pytest.fixture
def tone(sine: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """`tone(hertz, seconds)`: int16 at 24 kHz, as a synthesizer gives it."""
    return lambda hertz, seconds: (sine(hertz, seconds, 24_000) * 32767).astype(np.int16)
