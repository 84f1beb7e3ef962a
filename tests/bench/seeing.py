"""The eye: what one picture costs, how many faces of a real film are found, and what a reading weighs."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import av
import numpy as np

from analysis.adapters.landmarker import MediaPipeLandmarker
from media.preload import preload
from media.weights import Weights, cache_folder, read_manifest

Row = tuple[str, float, str, float | str | None]
RATE = 15  # pictures per second that the watcher takes of a call


async def measure() -> list[Row]:
    """(name, value, unit, target)."""
    manifest = read_manifest(Path(__file__).parents[1] / "material.json")
    folder = cache_folder().parent / "test-material"
    preload(folder, manifest=manifest)
    began = time.perf_counter()
    landmarker = MediaPipeLandmarker(Weights().path("face_landmarker.task"))
    load = time.perf_counter() - began
    took, cpu, converted, found = [], [], [], 0
    with av.open(str(folder / "face_video.mp4")) as film:
        for frame in film.decode(video=0):
            began = time.perf_counter()
            pixels = frame.to_ndarray(format="rgb24")
            converted.append(time.perf_counter() - began)
            began, used = time.perf_counter(), time.process_time()
            reading = landmarker.read(pixels, frame.time)
            took.append(time.perf_counter() - began)
            cpu.append(time.process_time() - used)
            found += reading.found
    landmarker.close()
    return [
        ("face landmarker, loading", load, "s", None),
        ("face landmarker, one 640 x 360 picture", 1000 * float(np.median(took)), "ms", None),
        ("… its slowest in a hundred", 1000 * float(np.percentile(took, 99)), "ms", None),
        ("… its CPU time", 1000 * float(np.median(cpu)), "ms", None),
        ("conversion to RGB", 1000 * float(np.median(converted)), "ms", None),
        (f"seeing one call at {RATE} pictures a second", RATE * float(np.median(cpu)), "core", None),
        (f"faces found of {len(took)}", float(found), "", "≥ 465"),
    ]


if __name__ == "__main__":
    for row in asyncio.run(measure()):
        print(row)
