"""Whisper by CTranslate2 (faster-whisper's weights and features): Korean text of one short turn.

It must not know turns or microphones. One model and one worker serve all calls; utterances that meet are one batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from analysis.adapters.device import Device
from analysis.engines import Transcript
from analysis.hallucination import is_invention, without_loops
from media.errors import DeyeonsoError
from media.types import HEARING_RATE, Wave
from media.worker import Batcher, Worker

LONGEST = 30.0  # s, what the encoder can take


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """Speed against accuracy.

    The model was trained on windows of 30 s. A turn of 3 s in a window of 12 s takes a third of the time with the
    same error rate (beam 3); under 10 s it begins to repeat itself, because it looks for speech where there is none.
    """

    window: float = 12.0  # s, the shortest window given to the encoder
    tail: float = 4.0  # s of silence at least behind the speech, up to the full 30 s
    beam: int = 3
    tokens_per_second: float = 12.0  # upper bound of what a person can say: fast Korean is about 9
    tokens: int = 8  # … plus these
    batch: int = 4
    hint: str = ""  # words to expect, e.g. names: they lean the recogniser towards their spelling


class WhisperSpeechToText:
    """A `SpeechToText`. Loading takes .5 s and blocks: construct it before serving.

    One thread: on two busy cores a second one was measured to make a turn of 2–5 s slower (.30–.37 against .25–.31 s).
    """

    name = "whisper"

    def __init__(
        self,
        folder: Path,
        device: Device = "cpu",
        threads: int = 1,
        settings: WhisperSettings | None = None,
    ) -> None:
        self._settings = settings or WhisperSettings()
        try:
            self._model = WhisperModel(
                str(folder), device, compute_type="float16" if device == "cuda" else "int8", cpu_threads=threads
            )
        except (RuntimeError, ValueError) as error:
            raise DeyeonsoError("stt_unloadable", f"Whisper cannot be loaded from {folder}: {error}") from error
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language="ko")
        hint = self._tokenizer.encode(" " + self._settings.hint) if self._settings.hint else []
        self._prompt = self._model.get_prompt(self._tokenizer, hint, without_timestamps=True)
        self._suppressed = [-1, *self._foreign_tokens()]  # -1: the model's own list of signs that are not speech
        self._worker = Worker("whisper")
        self._batcher: Batcher[Wave, Transcript] = Batcher(self._worker, self.predict, self._settings.batch)

    async def transcribe(self, samples: Wave) -> Transcript:
        """Text of [N] float32 at 16 kHz (of a longer one the last 30 s). Raises `stt_failed`, `overloaded`."""
        try:
            return await self._batcher.run(samples)
        except (RuntimeError, ValueError) as error:
            raise DeyeonsoError("stt_failed", f"Whisper could not recognise this turn: {error}") from error

    async def close(self) -> None:
        """End the worker after its present job."""
        self._worker.close()

    def predict(self, waves: Sequence[Wave]) -> list[Transcript]:
        """Recognise several turns at once; blocking."""
        settings = self._settings
        waves = [wave[-int(LONGEST * HEARING_RATE) :] for wave in waves]
        longest = max(len(wave) for wave in waves) / HEARING_RATE
        window = min(LONGEST, max(settings.window, longest + settings.tail))
        encoded = self._model.encode(np.stack([self._features(wave, window) for wave in waves]))
        results = self._model.model.generate(
            encoded,
            [self._prompt] * len(waves),
            beam_size=settings.beam,
            max_length=min(448, len(self._prompt) + settings.tokens + int(longest * settings.tokens_per_second)),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )
        return [self._transcript(result) for result in results]

    def _features(self, wave: Wave, window: float) -> Wave:
        padded = np.zeros(int(window * HEARING_RATE), np.float32)
        padded[: len(wave)] = wave
        features: Wave = self._model.feature_extractor(padded, padding=0)
        return features

    def _transcript(self, result: Any) -> Transcript:
        text = without_loops(self._tokenizer.decode(result.sequences_ids[0]).strip())
        confidence = math.exp(min(0.0, result.scores[0]))  # the score is the mean log probability of the tokens
        if is_invention(text, confidence, result.no_speech_prob):
            return Transcript("", confidence)
        return Transcript(text, confidence)

    def _foreign_tokens(self) -> list[int]:
        """Tokens that spell kana or Chinese signs, which Korean speech never is."""
        texts = self._model.hf_tokenizer.decode_batch([[token] for token in range(self._tokenizer.eot)])
        return [
            token
            for token, text in enumerate(texts)
            if any("\u3040" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff" for sign in text)
        ]
