"""A call's eyes beside its voice: a slow model costs pictures and never sound; closed eyes tell nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.adapters.landmarker import MediaPipeLandmarker
from analysis.readings import EMOTIONS, Emotion
from media.types import Pixels
from media.weights import Weights
from media.worker import Batcher, Worker
from signaling.headless import HeadlessPeer
from tests.signaling.service import Service, engines, running

SLOW = 1.5  # s that the expression model takes for every batch


def slowly(faces: Sequence[Pixels]) -> list[Mapping[Emotion, float]]:
    time.sleep(SLOW)
    return [{name: float(name == "중립") for name in EMOTIONS} for _ in faces]


@pytest.fixture
async def service(weights: Weights, tmp_path: Path) -> AsyncIterator[Service]:
    """The application with the real landmarker and an expression model of the slowest kind; nothing is heard."""
    model, worker = weights.path("face_landmarker.task"), Worker("slow")
    parts = replace(
        engines(),
        new_landmarker=lambda: MediaPipeLandmarker(model),
        expression_worker=worker,
        classify=Batcher(worker, slowly),
        expression="slow",
    )
    async with running(tmp_path, parts=parts) as running_service:
        yield running_service


async def test_a_slow_model_drops_faces_and_never_sound(service: Service, film: Path):
    async with HeadlessPeer(service.url, "seoa", film) as peer:
        await asyncio.sleep(8)
        call = service.calls.get(peer.call["call_id"], "guest")
        counted = (await call.report())["analysis"]
    assert counted["pictures"]["read"] > 20
    assert 1 <= counted["expressions"]["read"] <= 8 / SLOW + 1
    assert counted["expressions"]["dropped"] > 0
    # Had the model run on the loop, or on the pool that encodes sound, there would be gaps as long as it takes.
    arrivals = [at for at, _ in peer.received][25:]
    assert len(arrivals) > 100
    assert float(np.diff(arrivals).max()) < SLOW / 2


async def test_eyes_that_are_closed_in_a_call_tell_nothing_more(service: Service, film: Path):
    async with HeadlessPeer(service.url, "seoa", film) as peer:
        await _until(lambda: _faces(peer))
        call = service.calls.get(peer.call["call_id"], "guest")
        call.allow("face_analysis", False)
        await asyncio.sleep(0.5)  # what was on its way is there
        told, read = len(_faces(peer)), (await call.report())["analysis"]["pictures"]["read"]
        await asyncio.sleep(1.5)
        assert len(_faces(peer)) == told
        assert (await call.report())["analysis"]["pictures"]["read"] == read
        call.allow("face_analysis", True)
        await _until(lambda: len(_faces(peer)) > told)


def _faces(peer: HeadlessPeer) -> list[object]:
    return [m for m in peer.of_kind("server-message") if m["data"]["kind"] == "face"]


async def _until(there, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not there():
            await asyncio.sleep(0.05)
