"""Sentences made sound, each piece within its time.

It must not know turns, tracks or which engine speaks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from media.errors import DeyeonsoError
from media.types import Samples
from persona.engines import Synthesizer
from persona.schema import Voice


async def pieces_of(
    voice: Synthesizer, sentences: Sequence[str], how: Voice, first_sound: float, next_sound: float
) -> AsyncGenerator[Samples, None]:
    """Mono int16 at SPEECH_RATE; closing it stops the voice. Limits are seconds to a sentence's next piece.

    Raises what the voice raises, and DeyeonsoError `voice_timeout`, `voice_failed`.
    """
    sounded = False
    for sentence in sentences:
        limit = first_sound
        async with aclosing(voice.speak(sentence, how)) as pieces:
            while True:
                try:
                    async with asyncio.timeout(limit):
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    message = f"the voice gave no sound for {limit:g} s"
                    raise DeyeonsoError("voice_timeout", message, "upstream") from None
                limit, sounded = next_sound, True
                yield piece.samples
    if not sounded:
        raise DeyeonsoError("voice_failed", "the voice gave no sound", "upstream")
