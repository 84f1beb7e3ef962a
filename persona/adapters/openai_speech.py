"""Her voice from any OpenAI-compatible server's speech endpoint, streamed as raw 24 kHz PCM.

It must not know turns or the track: it yields sound as it comes, and one translated error when it does not.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

import numpy as np
import openai

from analysis.adapters.openai_errors import translate, worth_another_try
from media.errors import DeyeonsoError
from media.types import Samples
from persona.adapters.streaming import patiently
from persona.engines import SpeechPiece
from persona.schema import Voice

_CONTAINERS = (b"RIFF", b"OggS", b"fLaC", b"ID3", b"\x1aE\xdf\xa3")  # WAV, Ogg, FLAC, MP3 with a tag, WebM


class OpenAISpeech:
    """A `Synthesizer`. Times are seconds: to the first sound (a retry included), and between later pieces."""

    def __init__(
        self,
        base_url: str | None,
        api_key: str,
        model: str = "gpt-4o-mini-tts",
        first_sound_s: float = 8.0,
        idle_s: float = 5.0,
    ) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._first_s, self._idle_s = first_sound_s, idle_s
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "none", max_retries=0, timeout=max(first_sound_s, idle_s) + 1
        )

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        """Speech as the network brings it; the first piece carries the whole text (there are no word times).

        The endpoint has a speed and no pitch, so `voice.pitch` is left out. Raises `DeyeonsoError`: voice_timeout,
        voice_unauthorized, voice_rate_limited, voice_unavailable, voice_failed (no sound, or not PCM), voice_cut_off.
        """
        pieces = patiently(
            partial(self._samples, text, voice),
            translate=_translate,
            retry=worth_another_try,
            first_s=self._first_s,
            idle_s=self._idle_s,
        )
        spoken = text
        async with aclosing(pieces):
            async for samples in pieces:
                yield SpeechPiece(samples, spoken)
                spoken = ""

    async def close(self) -> None:
        """Close the connections that are kept open between sentences."""
        await self._client.close()

    async def _samples(self, text: str, voice: Voice) -> AsyncGenerator[Samples, None]:
        # tts-1 cannot be told how to speak; the models named gpt-… can.
        told = voice.manner and self._model.startswith("gpt")
        request = self._client.audio.speech.with_streaming_response.create(
            model=self._model,
            voice=voice.openai,
            input=text,
            response_format="pcm",
            speed=voice.rate,
            instructions=f"{voice.manner} 말하세요." if told else openai.omit,
        )
        heard = False
        rest = b""  # a network chunk may end in the middle of a sample
        async with request as response:
            kind = response.headers.get("content-type", "")
            async for chunk in response.iter_bytes():
                data = rest + chunk
                whole = len(data) - len(data) % 2
                rest = data[whole:]
                if not whole:
                    continue
                if not heard:
                    _refuse_what_is_no_pcm(data, kind)
                heard = True
                yield np.frombuffer(data[:whole], dtype="<i2").astype(np.int16)
        if not heard:
            raise DeyeonsoError("voice_failed", "the speech endpoint answered without sound", "upstream")


def _refuse_what_is_no_pcm(data: bytes, kind: str) -> None:
    """A server that ignores `response_format` would be heard as loud noise: better an error than that."""
    mpeg = kind.startswith("audio/mpeg") and data[0] == 0xFF and data[1] & 0xE0 == 0xE0
    if mpeg or data.startswith(_CONTAINERS) or kind.startswith(("text/", "application/json")):
        raise DeyeonsoError(
            "voice_failed", f"the speech endpoint answered {kind or 'something'} and no PCM", "upstream"
        )


def _translate(error: Exception, begun: bool) -> DeyeonsoError | None:
    fault = translate(error, "voice")
    if begun and fault is not None and fault.code != "voice_timeout":
        return DeyeonsoError("voice_cut_off", f"the speech broke off: {fault.message}", "upstream")
    return fault
