"""A model's reply as whole sentences, each within its time: what a call speaks and a typed chat shows.

It must not know voices, turns or sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from media.errors import DeyeonsoError
from persona.engines import LanguageModel, Prompt
from persona.sentences import SentenceSplitter


async def sentences_of(
    model: LanguageModel, prompt: Prompt, first_text: float, next_text: float
) -> AsyncGenerator[str, None]:
    """Sentences as soon as each is whole; closing it stops the model. Limits are seconds to the next piece of text.

    Raises what the model raises, and DeyeonsoError `llm_timeout`.
    """
    splitter = SentenceSplitter()
    async with aclosing(model.reply(prompt)) as pieces:
        limit = first_text
        while True:
            try:
                async with asyncio.timeout(limit):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                break
            except TimeoutError:
                message = f"the language model said nothing for {limit:g} s"
                raise DeyeonsoError("llm_timeout", message, "upstream") from None
            limit = next_text
            for sentence in splitter.feed(piece):
                yield sentence
    for sentence in splitter.flush():
        yield sentence
