"""The embedded brain as a language model: runs it on its own thread and streams sentence by sentence.

It must not know Korean or personas; the brain does.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from media.errors import DeyeonsoError
from media.worker import Worker
from persona import brain
from persona.engines import Prompt


class OfflineBrain:
    """A `LanguageModel` without network. The morphology (seconds, some 500 MB) loads at the first use or at `start`."""

    name = "offline"

    def __init__(self) -> None:
        self._worker = Worker("offline-brain")

    async def start(self) -> None:
        """Load now, so that the first reply does not wait."""
        await self._worker.run(brain.load)

    async def reply(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Her sentences, a space between them. Raises DeyeonsoError `overloaded` or `model_failed`."""
        try:
            sentences = await self._worker.run(lambda: brain.reply(prompt))
        except DeyeonsoError:
            raise
        except Exception as error:
            raise DeyeonsoError("model_failed", f"the offline brain could not answer: {error!r}") from error
        for number, sentence in enumerate(sentences):
            yield sentence if number == 0 else f" {sentence}"

    async def close(self) -> None:
        self._worker.close()
