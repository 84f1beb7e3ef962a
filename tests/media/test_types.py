"""The vocabulary: spans, chunks and pictures say where they are in call time."""

from __future__ import annotations

import numpy as np
import pytest
from av import VideoFrame

from media.types import AudioChunk, Picture, Span


@pytest.mark.parametrize(
    ("a", "b", "overlap"),
    [
        (Span(0, 1), Span(0.5, 2), True),
        (Span(0, 1), Span(1, 2), False),
        (Span(0, 3), Span(1, 2), True),
        (Span(2, 3), Span(0, 1), False),
    ],
)
def test_spans_overlap_if_they_share_more_than_an_end(a: Span, b: Span, overlap: bool) -> None:
    assert a.overlaps(b) is overlap
    assert b.overlaps(a) is overlap


def test_a_chunk_knows_its_span() -> None:
    chunk = AudioChunk(2.0, np.zeros(512, np.float32))
    assert chunk.span == Span(2.0, 2.032)
    assert chunk.span.seconds == pytest.approx(0.032)
    assert not chunk.lost


def test_a_picture_becomes_rgb_only_when_asked() -> None:
    frame = VideoFrame.from_ndarray(np.full((4, 6, 3), (200, 100, 50), np.uint8), format="rgb24").reformat(
        format="yuv420p"
    )
    pixels = Picture(1.0, frame).rgb()
    assert pixels.shape == (4, 6, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels[0, 0].astype(int) - (200, 100, 50)).max() < 6
