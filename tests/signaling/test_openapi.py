"""The document is a valid OpenAPI 3.1 and says the truth: thousands of made-up requests find nothing that differs."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
from openapi_spec_validator import validate

from analysis import korean
from analysis.types import FaceReading
from media.types import Pixels
from tests.signaling.service import Terse, engines, running

SETTINGS = Path(__file__).with_name("schemathesis.toml")
SECONDS = 60  # a bound; it takes a third of that


class Nobody(Terse):
    """A landmarker that sees no face: generated pictures are whole, and nobody is in them."""

    def read(self, pixels: Pixels, t: float) -> FaceReading:
        return FaceReading(t, pixels.shape[1], pixels.shape[0])


async def test_the_document_is_valid_and_every_kind_of_request_is_answered_as_it_says(tmp_path: Path):
    # The application as it is, on a real socket; its engines have no models, for nothing made up is ever speech.
    parts = replace(engines(), new_landmarker=Nobody)  # type: ignore[arg-type]
    korean.load()  # as at a start
    async with running(tmp_path, parts=parts) as service:
        async with aiohttp.ClientSession(service.url) as http, http.get("/openapi.json") as response:
            document = await response.json()
        validate(document)
        assert document["openapi"].startswith("3.1")
        tool = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", f"--config-file={SETTINGS}", "--no-color", "run"),
            *(f"{service.url}/openapi.json", "--phases=coverage,fuzzing,stateful", "--max-examples=4"),
            *("--generation-deterministic", "--request-timeout=20", "--workers=1"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(SECONDS):
            said, _ = await tool.communicate()
    report = said.decode("utf-8", "replace")
    assert tool.returncode == 0, report
    assert f"Tested: {sum(len(methods) for methods in document['paths'].values())}" in report
