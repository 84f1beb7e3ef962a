"""Sentences made sound, each piece within its time.

It must not know turns, tracks or which engine speaks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from media.errors import DeyeonsoError
from media.types import Samples
from persona.engines import SpeechPiece, Synthesizer
from persona.mood import coloured, mood_of
from persona.schema import Voice


async def spoken(
    voice: Synthesizer, sentence: str, how: Voice, first_sound: float, next_sound: float
) -> AsyncGenerator[SpeechPiece, None]:
    """The pieces of one sentence; closing it stops the voice. Limits are seconds to the first and to a next piece.

    Raises what the voice raises, and DeyeonsoError `voice_failed` for one that falls silent.
    """
    limit = first_sound
    async with aclosing(voice.speak(sentence, how)) as pieces:
        while True:
            try:
                async with asyncio.timeout(limit):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise DeyeonsoError("voice_failed", f"the voice gave no sound for {limit:g} s", "upstream") from None
            limit = next_sound
            yield piece


async def read_out(
    voice: Synthesizer, sentences: Sequence[str], how: Voice, first_sound: float, next_sound: float
) -> AsyncGenerator[Samples, None]:
    """Mono int16 at SPEECH_RATE of sentences one after the other, coloured as in a call. Raises as `spoken`."""
    sounded = False
    for sentence in sentences:
        pieces = spoken(voice, sentence, coloured(how, mood_of(sentence)), first_sound, next_sound)
        async with aclosing(pieces):
            async for piece in pieces:
                sounded = True
                yield piece.samples
    if not sounded:
        raise DeyeonsoError("voice_failed", "the voice gave no sound", "upstream")
