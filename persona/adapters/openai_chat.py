"""Her words from any OpenAI-compatible server's streamed chat completions.

It must not know turns, sentences or speech: it yields text as it comes, and one translated error when it does not.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any

import openai

from analysis.adapters.openai_errors import translate, worth_another_try
from media.errors import DeyeonsoError
from persona.adapters.streaming import patiently
from persona.engines import Prompt
from persona.prompt import messages


class OpenAIChat:
    """A `LanguageModel`. Times are seconds: to the first words (a retry included), and between later ones."""

    def __init__(
        self,
        base_url: str | None,
        api_key: str,
        model: str,
        max_tokens: int = 160,
        temperature: float | None = 0.8,
        first_token_s: float = 8.0,
        idle_s: float = 5.0,
    ) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._first_s, self._idle_s = first_token_s, idle_s
        self._options: dict[str, Any] = {"max_tokens": max_tokens}
        if temperature is not None:
            self._options["temperature"] = temperature
        # Our own deadlines come first; the client's are the net below. Local servers take any key, but want one.
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "none", max_retries=0, timeout=max(first_token_s, idle_s) + 1
        )

    async def reply(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Pieces of text, none empty. Closing the iterator closes the HTTP stream, which stops the server.

        Raises `DeyeonsoError` (upstream's fault): llm_timeout, llm_unauthorized, llm_rate_limited (`retry_after` in
        seconds where the server says), llm_unavailable (before the first words), llm_cut_off (after them).
        """
        stream = patiently(
            partial(self._texts, prompt),
            translate=_translate,
            retry=worth_another_try,
            first_s=self._first_s,
            idle_s=self._idle_s,
        )
        async with aclosing(stream):
            async for text in stream:
                yield text

    async def close(self) -> None:
        """Close the connections that are kept open between turns."""
        await self._client.close()

    async def _texts(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        finished = spoke = False
        async with await self._open(prompt) as stream:
            async for chunk in stream:
                for choice in (chunk.choices or ())[:1]:  # the last chunk may hold only the token count
                    if choice.delta and choice.delta.content:
                        spoke = True
                        yield choice.delta.content
                    finished = finished or choice.finish_reason is not None
        if not finished:  # the body ended in good order, but the model had not said that it was done
            raise DeyeonsoError("llm_unavailable", "the stream ended before the model was done", "upstream")
        if not spoke:
            raise DeyeonsoError("llm_unavailable", "the model answered without a word", "upstream")

    async def _open(self, prompt: Prompt) -> openai.AsyncStream[Any]:
        """Ask; learn from a refusal which options this model does not take (reasoning models take neither)."""
        create: Any = self._client.chat.completions.create  # its overloads cannot type options that are learnt
        while True:
            options = dict(self._options)
            try:
                stream: openai.AsyncStream[Any] = await create(
                    model=self._model, messages=messages(prompt), stream=True, **options
                )
                return stream
            except openai.BadRequestError as error:
                if error.param not in options:
                    raise
                refused = self._options.pop(error.param, None)  # None: another call has learnt it meanwhile
                if error.param == "max_tokens" and refused is not None:
                    self._options["max_completion_tokens"] = refused


def _translate(error: Exception, begun: bool) -> DeyeonsoError | None:
    fault = translate(error, "llm")
    if begun and fault is not None and fault.code != "llm_timeout":
        return DeyeonsoError("llm_cut_off", f"the answer broke off: {fault.message}", "upstream")
    return fault
