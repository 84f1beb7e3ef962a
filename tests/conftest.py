"""What every test may ask for. It must not know any one package's tests: their fixtures live beside them."""

from __future__ import annotations

import pytest

from media.preload import preload
from media.weights import Weights


@pytest.fixture(scope="session")
def weights() -> Weights:
    """The real models' weights, optional ones too; fetched on a machine that has none yet."""
    return Weights(preload(everything=True).folder)
