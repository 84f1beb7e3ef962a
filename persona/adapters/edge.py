"""Her voice from Microsoft Edge's read-aloud service: no key, mp3 over a WebSocket, with the time of every word.

It must not know turns or the track. The service is a favour: it fails now and then, so it is asked again for what is
missing, and another synthesizer can stand in.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from urllib.parse import urlsplit

import aiohttp
import av
import edge_tts
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from edge_tts import constants
from edge_tts.exceptions import EdgeTTSException

from media.errors import DeyeonsoError
from media.types import SPEECH_RATE, Samples
from media.worker import Worker
from persona.adapters.streaming import patiently
from persona.adapters.word_aligner import WordAligner
from persona.engines import SpeechPiece, Synthesizer
from persona.schema import Voice

_FAULTS = (EdgeTTSException, aiohttp.ClientError, OSError, ValueError, KeyError, av.FFmpegError)
_TICKS = 10_000_000  # the service's time unit is 100 ns
_MALE = ("InJoon", "Hyunsu")
_MALE_HZ, _FEMALE_HZ = 120.0, 210.0  # typical speaking pitch: the service takes Hz, a persona's pitch is in semitones
_REST = 8  # sentences for which the stand-in speaks after the service failed, before it is asked again

Key = tuple[str, str, str, str]


class EdgeSpeech:
    """A `Synthesizer`. Times are seconds: to the first sound of one attempt, and between later pieces."""

    name = "edge"

    def __init__(
        self,
        fallback: Synthesizer | None = None,
        attempts: int = 2,
        first_sound_s: float = 3.0,
        idle_s: float = 3.0,
        cached: int = 32,
        cached_s: float = 4.0,
    ) -> None:
        self._fallback = fallback
        self._attempts = attempts
        self._first_s, self._idle_s = first_sound_s, idle_s
        self._worker = Worker("edge-mp3")
        self._cache: OrderedDict[Key, tuple[SpeechPiece, ...]] = OrderedDict()
        self._cached, self._cached_samples = cached, int(cached_s * SPEECH_RATE)
        self._rest = 0

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        """A piece a word, silence around the sentence trimmed; short sentences come from memory the second time.

        Raises `DeyeonsoError` (upstream's fault): voice_timeout, voice_unavailable, voice_failed (no sound, a voice
        that does not exist) before the first sound if nobody stands in, voice_cut_off after it.
        """
        if not any(c.isalnum() for c in text):
            return  # the service calls that an error; there is nothing to say
        key = (text, voice.tts, prosody_rate(voice), prosody_pitch(voice))
        if kept := self._cache.get(key):
            self._cache.move_to_end(key)
            for piece in kept:
                yield piece
            return
        if self._fallback is not None and self._rest > 0:
            self._rest -= 1
            pieces = self._fallback.speak(text, voice)
        else:
            pieces = self._ask(key, voice)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """End the decoding thread, and the stand-in."""
        self._worker.close()
        if self._fallback is not None:
            await self._fallback.close()

    async def _ask(self, key: Key, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        """All of the text, in as many connections as it takes: a later one is asked only for what is missing."""
        said: list[SpeechPiece] = []
        unspoken, fault = key[0], None
        for _ in range(self._attempts):
            aligner = WordAligner(unspoken)
            try:
                async with aclosing(self._once(aligner, key, unspoken)) as pieces:
                    async for piece in pieces:
                        said.append(piece)
                        yield piece
            except DeyeonsoError as error:
                fault = error
            else:
                fault = None
            unspoken = aligner.unspoken
            if not unspoken:
                self._keep(key, said)
                return
            if fault is not None and fault.code == "voice_timeout":
                break
        if said:
            raise DeyeonsoError("voice_cut_off", f"the voice broke off before {unspoken!r}", "upstream") from fault
        if self._fallback is None:
            raise fault or DeyeonsoError("voice_failed", "the service sent silence", "upstream")
        self._rest = _REST
        async with aclosing(self._fallback.speak(key[0], voice)) as stand_in:
            async for piece in stand_in:
                yield piece

    def _once(self, aligner: WordAligner, key: Key, text: str) -> AsyncGenerator[SpeechPiece, None]:
        return patiently(
            partial(self._pieces, aligner, key, text),
            translate=_translate,
            retry=lambda _: False,
            first_s=self._first_s,
            idle_s=self._idle_s,
        )

    async def _pieces(self, aligner: WordAligner, key: Key, text: str) -> AsyncGenerator[SpeechPiece, None]:
        _, voice, rate, pitch = key
        request = edge_tts.Communicate(text, voice, rate=rate, pitch=pitch, boundary="WordBoundary")
        mp3 = Mp3Stream()
        async with aclosing(request.stream()) as messages:
            async for message in messages:
                if message["type"] == "audio":
                    samples = await self._worker.run(partial(mp3.decode, message["data"]))
                    ready = aligner.sound(samples)
                else:
                    ready = aligner.word(message["text"], (message["offset"] + message["duration"]) / _TICKS)
                for piece in ready:
                    yield piece
        for piece in aligner.sound(await self._worker.run(partial(mp3.decode, b""))) + aligner.finish():
            yield piece

    def _keep(self, key: Key, said: list[SpeechPiece]) -> None:
        if sum(len(piece.samples) for piece in said) <= self._cached_samples:
            self._cache[key] = tuple(said)
            while len(self._cache) > self._cached:
                self._cache.popitem(last=False)


class Mp3Stream:
    """Decodes one mp3 stream as it comes, on whatever thread calls; blocking, and for one caller at a time."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("mp3", "r")
        assert isinstance(codec, AudioCodecContext)
        self._codec = codec
        self._resampler = av.AudioResampler("s16", "mono", SPEECH_RATE)

    def decode(self, data: bytes) -> Samples:
        """[N] int16 at 24 kHz of what `data` completes; b"" ends the stream. Raises `av.FFmpegError`."""
        frames = [frame for packet in self._codec.parse(data) for frame in self._codec.decode(packet)]
        if not data:
            frames += self._codec.decode(None)
        parts = [part.to_ndarray()[0] for frame in frames for part in self._resampler.resample(frame)]
        return np.concatenate(parts, dtype=np.int16) if parts else np.empty(0, np.int16)


def prosody_rate(voice: Voice) -> str:
    """The persona's rate as the service takes it: 1.1 → "+10%"."""
    return f"{round((voice.rate - 1) * 100):+d}%"


def prosody_pitch(voice: Voice) -> str:
    """The persona's pitch as the service takes it, in Hz: semitones on a typical man's or woman's speaking pitch."""
    base = _MALE_HZ if any(name in voice.tts for name in _MALE) else _FEMALE_HZ
    return f"{round(base * (2 ** (voice.pitch / 12) - 1)):+d}Hz"


async def edge_reachable(timeout_s: float = 1.5) -> bool:
    """Whether the service's host takes a TCP connection: tells a machine without network at the start."""
    where = urlsplit(constants.WSS_URL)
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(where.hostname, where.port or 443)
    except OSError:  # refused, unknown host, or TimeoutError, which is one
        return False
    writer.close()
    return True


def _translate(error: Exception, begun: bool) -> DeyeonsoError | None:
    """`begun` makes no difference here: `EdgeSpeech` itself tells what was said before the error."""
    reason = (str(error) or type(error).__name__).splitlines()[0][:200]
    match error:
        case DeyeonsoError():
            return error
        case TimeoutError():
            return DeyeonsoError("voice_timeout", "the voice service did not answer in time", "upstream")
        case aiohttp.ClientError() | OSError():
            return DeyeonsoError("voice_unavailable", f"the voice service cannot be reached: {reason}", "upstream")
        case _ if isinstance(error, _FAULTS):
            return DeyeonsoError("voice_failed", f"the voice service gave no speech: {reason}", "upstream")
    return None
