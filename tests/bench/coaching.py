"""What analysis costs beyond decoding: seeing calls and their expressions, a turn's voice and words, a report, tips."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from analysis import expression, korean, words
from analysis.adapters.face_api import FaceApiExpression
from analysis.adapters.landmarker import MediaPipeLandmarker
from analysis.adapters.pitch import SwiftPitch
from analysis.face_crop import face_crop
from analysis.face_state import FaceState
from analysis.face_track import FaceStretch
from analysis.face_track import measure as measure_faces
from analysis.feedback import build_feedback
from analysis.tips import TipCoach
from analysis.types import Utterance
from analysis.utterance import TurnContext, analyze_utterance
from media.preload import preload
from media.types import Pixels, Span
from media.weights import Weights, cache_folder, read_manifest
from tests.analysis.faces import film
from tests.analysis.talks import LINES, end, talk

Row = tuple[str, float, str, float | None]
RATE = 15  # pictures a second of one call
EXPRESSIONS = 3  # a second of one call
SECONDS = 8  # s of each call that are measured


async def measure() -> list[Row]:
    """(name, value, unit, target)."""
    pictures = _pictures()
    network = FaceApiExpression(Weights().path("expression/face_expression_model.bin").parent)
    rows: list[Row] = []
    for calls in (1, 2, 4):
        target = 0.20 if calls == 1 else None
        rows.append((f"seeing {calls} call(s), each at {RATE} pictures and {EXPRESSIONS} expressions a second",
                     _seeing(calls, pictures, network), "core a call", target))  # fmt: skip
    crops = [picture[60:260, 220:420] for picture in pictures[:16]]
    for size in (1, 2, 4, 8, 16):
        took = _median(lambda size=size: network.classify(crops[:size]), 9)
        rows.append((f"expressions in batches of {size}", size / took, "faces/s", None))
    return [*rows, *_turn(), *_report()]


def _pictures() -> list[Pixels]:
    manifest = read_manifest(Path(__file__).parents[1] / "material.json")
    folder = cache_folder().parent / "test-material"
    preload(folder, manifest=manifest)
    with av.open(str(folder / "face_video.mp4")) as container:
        return [
            frame.to_ndarray(format="rgb24")
            for number, frame in enumerate(container.decode(video=0))
            if number % 2 == 0
        ]


def _seeing(calls: int, pictures: list[Pixels], network: FaceApiExpression) -> float:
    """CPU seconds a second of one call: landmarks, every measure of the face, expressions in one batch across calls."""
    model = Weights().path("face_landmarker.task")
    eyes = [MediaPipeLandmarker(model) for _ in range(calls)]
    states = [FaceState() for _ in range(calls)]
    smoothers = [expression.Smoother() for _ in range(calls)]
    for eye in eyes:
        eye.read(pictures[0], 0.0)  # the first picture also finds the face
    began = time.process_time()
    for number in range(1, RATE * SECONDS):
        t, pixels = number / RATE, pictures[number % len(pictures)]
        readings = [eye.read(pixels, t) for eye in eyes]
        for state, reading in zip(states, readings, strict=True):
            state.add(reading)
        if number % (RATE // EXPRESSIONS) == 0:
            crops = [face_crop(pixels, reading.landmarks) for reading in readings if reading.landmarks is not None]
            for smoother, found in zip(smoothers, network.classify(crops), strict=False):
                smoother.add(expression.read(t, found, network.name))
        if number % (3 * RATE) == 0:  # running scores every three seconds
            for state in states:
                state.scores([Span(0.0, t)], [])
    used = time.process_time() - began
    for eye in eyes:
        eye.close()
    return used / SECONDS / calls


def _turn() -> list[Row]:
    """A turn of 5 s: a voice-like sound, a text of two sentences."""
    korean.load()
    pitch = SwiftPitch()
    t = np.arange(5 * 16_000) / 16_000
    hum = sum(np.sin(2 * np.pi * k * (140 + 20 * np.sin(4 * t)) * t) / k for k in range(1, 9))
    samples = (0.1 * hum * (np.sin(2 * np.pi * 2 * t) > -0.5)).astype(np.float32)
    text = "와, 등산을 자주 다니세요? 저는 지난주에 친구랑 북한산에 다녀왔는데 정말 좋았어요."
    utterance = Utterance(Span(0.0, 5.0), text, 1, 0.9, 5.2, 5.6, samples)

    def voice() -> None:
        analyze_utterance(utterance, TurnContext(pitch.track(samples)))

    new = (f"{text} {number}번이나 갔어요." for number in range(100))  # what was read before is remembered
    return [
        ("voice, words and feeling of a turn of 5 s", 1000 * _median(voice, 7), "ms", 150.0),
        ("… its words alone", 1000 * _median(lambda: words.read(next(new), said_before=LINES[0]), 15), "ms", 10.0),
    ]


def _report() -> list[Row]:
    """A call of ten minutes with a face in 15 pictures a second."""
    events = talk(LINES * 3 + LINES[:3])
    seen = film(600, RATE, yaw=lambda t: 3 * np.sin(t), ear=lambda t: 0.05 if t % 3 < 0.2 else 0.3)
    kept = [*events, *(FaceStretch.of(measure_faces(seen[at : at + 4 * RATE])) for at in range(0, len(seen), 4 * RATE))]
    events += seen
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    took, raw = (
        _median(lambda some=some: build_feedback(some, session_id="s", user_id="u", created_at=at).document(), 5)
        for some in (kept, events)
    )
    coach = TipCoach()
    for event in sorted(events, key=lambda one: one.t):
        coach.note(event)
    stepping = _median(lambda: coach.step(end(events) + 30), 9)
    return [
        ("report of a call of ten minutes, as it is kept", 1000 * took, "ms", 200.0),
        ("… from the landmarks of every picture", 1000 * raw, "ms", None),
        ("one look for a live tip, at its end", 1000 * stepping, "ms", None),
    ]


def _median(job: Callable[[], object], times: int) -> float:
    job()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        job()
        took.append(time.perf_counter() - began)
    return float(np.median(took))


if __name__ == "__main__":
    for row in asyncio.run(measure()):
        print(row)
