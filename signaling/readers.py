"""What is heard or seen in somebody's file, on the engines that the calls use too.

It must not know HTTP. Files are decoded in the sandbox; long ones never hold a call's own workers up.
"""

from __future__ import annotations

from pathlib import Path

from analysis.still_face import ExpressionResult, FaceFinder, read_picture
from analysis.voice_file import VoiceAnalyzer, VoiceReport
from media.sandbox import Sandbox
from media.sound_file import LONGEST
from media.worker import Worker
from signaling.engines import Engines


class Readers:
    """One for the service. Both raise what the sandbox and their engines raise."""

    def __init__(self, engines: Engines, sandbox: Sandbox) -> None:
        self._engines = engines
        self._sandbox = sandbox
        self._sounds, self._pictures = Worker("voice-file", backlog=16), Worker("picture-file", backlog=16)
        self._voices = VoiceAnalyzer(engines.stt, engines.pitch, engines.new_speech_detector, self._sounds)
        self._faces: FaceFinder | None = None

    async def voice(self, path: Path) -> VoiceReport:
        """The report of a recording of one speaker."""
        return await self._voices.analyze(await self._sandbox.sound(path, LONGEST))

    async def face(self, path: Path) -> ExpressionResult:
        """What the largest face of a picture shows."""
        pixels = await self._sandbox.picture(path)
        if self._faces is None:
            landmarker = await self._pictures.run(self._engines.new_landmarker)
            self._faces = self._faces or FaceFinder(landmarker)
        return await read_picture(pixels, self._faces, self._pictures, self._engines.classify, self._engines.expression)

    def close(self) -> None:
        """End the workers."""
        self._sounds.close()
        self._pictures.close()
