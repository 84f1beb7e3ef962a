"""The doors for a program that uses the analysis as a library: engines are made at first use and kept.

It must not know how anything is analysed. It is the only module of this package that names adapters, and only when
one of its functions is called; the server gives its own engines to `VoiceAnalyzer` instead.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from analysis import korean
from analysis.voice_file import VoiceAnalyzer, VoiceReport
from media.weights import Weights
from media.worker import Worker

_lock = threading.Lock()
_analyzer: VoiceAnalyzer | None = None


def preload_models() -> None:
    """Load what `analyze_voice_file` needs (5–8 s, some 900 MB); a second call costs nothing. Blocking.

    Raises `weight_missing` where a weight was not fetched yet: `python run.py preload` fetches them;
    `bad_config` where DEVICE asks for what is not there.
    """
    _engines()


def analyze_voice_file(path: str | Path) -> VoiceReport:
    """Analyse a recording of one speaker: whatever PyAV decodes, up to 15 minutes.

    Blocking, about a fifth of the recording's length on two cores. Raises DeyeonsoError: `bad_audio`,
    `audio_too_long`, `weight_missing`. In a coroutine, `await VoiceAnalyzer(…).analyze_file(path)` instead.
    """
    return asyncio.run(_engines().analyze_file(path))


def _engines() -> VoiceAnalyzer:
    global _analyzer
    with _lock:
        if _analyzer is None:
            from analysis.adapters.device import chosen, wanted_here
            from analysis.adapters.pitch import SwiftPitch
            from analysis.adapters.silero import SileroModel
            from analysis.adapters.whisper import WhisperSpeechToText

            weights = Weights()
            small = chosen(wanted_here(), "onnxruntime")
            silero = SileroModel(weights.path("silero-vad.onnx"), small)
            stt = WhisperSpeechToText(weights.path("whisper-base"), chosen(wanted_here(), "CTranslate2"))
            korean.load()
            _analyzer = VoiceAnalyzer(stt, SwiftPitch(small), silero.detector, Worker("voice-file"))
        return _analyzer
