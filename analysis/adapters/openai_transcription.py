"""Speech recognition by any OpenAI-compatible server's transcription endpoint.

It must not know turns or microphones: one utterance in, its text and how sure the server is out. No file is written.
"""

from __future__ import annotations

import asyncio
import io
import math
import wave
from typing import Any

import numpy as np
import openai

from analysis.adapters.openai_errors import FAULTS, translate, worth_another_try
from analysis.engines import Transcript
from media.errors import DeyeonsoError
from media.types import HEARING_RATE, Wave


class OpenAITranscription:
    """A `SpeechToText`. `timeout_s` seconds bound one utterance, its one retry included."""

    def __init__(
        self,
        base_url: str | None,
        api_key: str,
        model: str = "whisper-1",
        language: str = "ko",
        timeout_s: float = 10.0,
    ) -> None:
        self.name = f"openai:{model}"
        self._timeout_s = timeout_s
        self._request: dict[str, Any] = {"model": model, "language": language} | _confidence_options(model)
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "none", max_retries=0, timeout=timeout_s + 1
        )

    async def transcribe(self, samples: Wave) -> Transcript:
        """Text of [N] float32 at 16 kHz; confidence where the server gives log probabilities, else None.

        Raises `DeyeonsoError` (upstream's fault): stt_timeout, stt_unauthorized, stt_rate_limited, stt_unavailable.
        """
        sound = wav(samples)
        try:
            async with asyncio.timeout(self._timeout_s):
                try:
                    answer = await self._ask(sound)
                except FAULTS as error:
                    if not worth_another_try(error):
                        raise
                    answer = await self._ask(sound)
        except FAULTS as error:
            fault = translate(error, "stt")
            if fault is None:
                raise
            raise fault from error
        text = getattr(answer, "text", None)
        if not isinstance(text, str):
            raise DeyeonsoError("stt_unavailable", "the service's answer holds no text", "upstream")
        return Transcript(text.strip(), confidence(answer))

    async def close(self) -> None:
        """Close the connections that are kept open between utterances."""
        await self._client.close()

    async def _ask(self, sound: bytes) -> Any:
        request = dict(self._request)
        try:
            return await self._client.audio.transcriptions.create(file=("speech.wav", sound, "audio/wav"), **request)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            plain = request["response_format"] == "json" and "include" not in request
            if plain or not any(word in str(error) for word in ("response_format", "verbose_json", "logprobs")):
                raise
            # Not every server gives log probabilities; remember it, and go on without a confidence.
            self._request["response_format"] = "json"
            self._request.pop("include", None)
            return await self._ask(sound)


def _confidence_options(model: str) -> dict[str, Any]:
    """How to ask `model` for its confidence: Whisper by segment, the gpt-4o family by token."""
    if "gpt-4o" in model:
        return {"response_format": "json", "include": ["logprobs"]}
    return {"response_format": "verbose_json"}


def confidence(answer: Any) -> float | None:
    """Mean token probability 0–1, exp of the mean log probability; segments weigh by their tokens. None if not told."""
    tokens = [t.logprob for t in getattr(answer, "logprobs", None) or [] if t.logprob is not None]
    if tokens:
        return math.exp(sum(tokens) / len(tokens))
    weighed = [
        (segment.avg_logprob, max(1, len(getattr(segment, "tokens", None) or [])))
        for segment in getattr(answer, "segments", None) or []
        if getattr(segment, "avg_logprob", None) is not None
    ]
    if not weighed:
        return None
    return min(1.0, math.exp(sum(value * n for value, n in weighed) / sum(n for _, n in weighed)))


def wav(samples: Wave) -> bytes:
    """[N] float32 at 16 kHz as a 16-bit mono WAV file in memory."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(HEARING_RATE)
        out.writeframes((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    return file.getvalue()
