"""The embedded voice: Kokoro-82M (ONNX) speaking Korean by rule, clause by clause, on its own worker.

It must not know where weights come from, turns, or the outgoing track.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media.errors import DeyeonsoError
from media.types import Wave
from media.worker import Worker
from persona.engines import SpeechPiece
from persona.korean.clauses import SENTENCE_PAUSE, Clause, clauses
from persona.korean.g2p import phonemes
from persona.schema import Voice
from persona.shaping import finish, resampled

Style = NDArray[np.float32]  # [N, 1, 256]: one style vector per utterance length in tokens
_MOST_TOKENS = 510
_SLOWEST, _FASTEST = 0.5, 2.0  # the model's speed input beyond these is unintelligible
_SEMITONE = 2 ** (1 / 12)


class KokoroVoice:
    """A `Synthesizer`. `load()` (or the first `speak`) reads the files on the worker, never on the event loop."""

    name = "kokoro"

    def __init__(
        self,
        model: Path,
        vocabulary: Path,
        voices: Sequence[Path],
        threads: int = 2,
        providers: Sequence[str] = ("CPUExecutionProvider",),
    ) -> None:
        """`voices`: .npz files of named styles, and .bin files of one raw float32 style each, named by the file.

        `providers`: where onnxruntime runs it.
        """
        self._files = (model, vocabulary, tuple(voices))
        self._threads = threads
        self._providers = list(providers)
        self._worker = Worker("kokoro")
        self._kokoro: _Kokoro | None = None

    async def load(self) -> None:
        """Read the model and warm it up. Raises DeyeonsoError `voice_failed`."""
        await self._worker.run(self._loaded)

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        """One piece per clause, as soon as it is made; nothing for text without words. Raises `voice_failed`."""
        for clause, sounds in spoken_clauses(text):
            wave = await self._worker.run(partial(self._render, sounds, voice))
            yield SpeechPiece(finish(wave, clause.pause), clause.text)

    async def close(self) -> None:
        self._worker.close()

    def _loaded(self) -> _Kokoro:
        if self._kokoro is None:
            try:
                self._kokoro = _Kokoro(*self._files, self._threads, self._providers)
                self._kokoro.render(phonemes("안녕하세요."), self._kokoro.names[0], 1.0)
            except Exception as error:
                raise DeyeonsoError("voice_failed", f"the Kokoro voice cannot be loaded: {error}") from error
        return self._kokoro

    def _render(self, sounds: str, voice: Voice) -> Wave:
        kokoro = self._loaded()
        pitch = _SEMITONE**voice.pitch
        speed = min(max(voice.rate / pitch, _SLOWEST), _FASTEST)
        try:
            return resampled(kokoro.render(sounds, voice.offline, speed), pitch)
        except DeyeonsoError:
            raise
        except Exception as error:
            raise DeyeonsoError("voice_failed", f"the Kokoro voice failed: {error}") from error


def spoken_clauses(text: str) -> list[tuple[Clause, str]]:
    """The clauses of `text` with their phonemes; what cannot be spoken is written with its neighbour."""
    spoken: list[tuple[Clause, str]] = []
    silent = ""
    for clause in clauses(text):
        sounds = phonemes(clause.text)
        if sounds:
            if sounds[-1] not in ",.?!…":  # the model needs to be told whether the melody goes on or ends
                sounds += "." if clause.pause >= SENTENCE_PAUSE else ","
            spoken.append((Clause(f"{silent} {clause.text}".strip(), clause.pause), sounds))
            silent = ""
        elif spoken:
            before, its_sounds = spoken[-1]
            spoken[-1] = (Clause(f"{before.text} {clause.text}", before.pause), its_sounds)
        else:
            silent = f"{silent} {clause.text}".strip()
    return spoken


class _Kokoro:
    """The model itself; every call blocks."""

    def __init__(
        self, model: Path, vocabulary: Path, voices: Sequence[Path], threads: int, providers: list[str]
    ) -> None:
        import onnxruntime  # here, because importing it takes .2 s that belong to the worker

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that spin while they wait take the core from the recogniser and from other calls.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=providers)
        self._ids: dict[str, int] = json.loads(vocabulary.read_text("utf-8"))["vocab"]
        self._styles = _read_styles(voices)

    @property
    def names(self) -> list[str]:
        return list(self._styles)

    def render(self, sounds: str, voice: str, speed: float) -> Wave:
        """Speech of the phonemes, float32 at SPEECH_RATE, with the model's own silence around it."""
        tokens = [self._ids[char] for char in sounds if char in self._ids][:_MOST_TOKENS]
        style = self._style(voice)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(len(tokens), len(style)) - 1],
            "speed": np.array([speed], np.float32),
        }
        wave = np.asarray(self._session.run(None, inputs)[0], np.float32).ravel()
        if not np.isfinite(wave).all():
            raise DeyeonsoError("voice_failed", "the Kokoro voice gave no sound")
        return wave

    def _style(self, voice: str) -> Style:
        """A named voice, or the mean of several: "jf_alpha+af_heart"."""
        if voice not in self._styles:
            parts = voice.split("+")
            unknown = [part for part in parts if part not in self._styles]
            if unknown:
                known = ", ".join(sorted(self._styles))
                raise DeyeonsoError("voice_failed", f"no Kokoro voice {unknown[0]!r}; there are {known}")
            self._styles[voice] = np.mean([self._styles[part] for part in parts], axis=0, dtype=np.float32)
        return self._styles[voice]


def _read_styles(files: Sequence[Path]) -> dict[str, Style]:
    styles: dict[str, Style] = {}
    for file in files:
        if file.suffix == ".npz":
            with np.load(file) as named:
                styles.update({name: np.asarray(named[name], np.float32) for name in named.files})
        else:
            styles[file.stem] = np.fromfile(file, np.float32).reshape(-1, 1, 256)
    return styles
