"""Stands between any language model and her voice: written answers where safety asks for them, sentences mended.

It must not know which model writes; it passes the first sentence on as soon as that is whole.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from analysis.speech_level import speech_level
from media.worker import Worker
from persona import safety
from persona.brain.lines import Voice, data
from persona.engines import LanguageModel, Prompt
from persona.register import to_level
from persona.sentences import SentenceSplitter, speakable


class Guard:
    """A `LanguageModel` around another one. Korean is analysed on an own thread (some ms a sentence)."""

    def __init__(self, model: LanguageModel) -> None:
        self.name = model.name
        self._model = model
        self._worker = Worker("guard")

    async def reply(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Checked sentences, at most as many as the persona speaks. Raises what the model raises.

        A space follows each: whoever splits the text again knows at once that the sentence is whole.
        """
        written = await self._worker.run(lambda: scripted(prompt))
        if written is not None:
            yield written
            return
        for asked in (prompt, reminded(prompt)):  # a first sentence that cannot be mended is asked for once more
            spoken = 0
            async with aclosing(self._sentences(asked)) as sentences:
                async for sentence in sentences:
                    said, replaced = await self._checked(sentence, asked)
                    if said is None and not spoken:
                        break
                    if said:
                        yield f"{said} "
                        spoken += 1
                    if replaced:
                        return  # what a model says after a slip is no better
            if spoken:
                return
        yield f"{await self._worker.run(lambda: last_resort(prompt))} "

    async def _sentences(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """What the model writes, sentence by sentence, until the persona has said enough."""
        splitter, count, most = SentenceSplitter(), 0, prompt.persona.speech.max_sentences
        async with aclosing(self._model.reply(prompt)) as pieces:
            async for piece in pieces:
                for sentence in splitter.feed(piece):
                    if speakable(sentence):
                        yield sentence
                        count += not sentence.endswith(",")
                    if count >= most:
                        return
        for sentence in splitter.flush():
            if count < most and speakable(sentence):
                yield sentence
                count += 1

    async def _checked(self, sentence: str, prompt: Prompt) -> tuple[str | None, bool]:
        return await self._worker.run(lambda: (checked(sentence, prompt), slip(sentence, prompt) is not None))

    async def close(self) -> None:
        self._worker.close()
        await self._model.close()


def scripted(prompt: Prompt) -> str | None:
    """The written answer the person's last line calls for, whatever model is at work; None for an ordinary line."""
    concern = safety.concern_of(prompt.history)
    voice = Voice(prompt.history, prompt.level, {}, f"{prompt.seed}:{len(prompt.history)}")
    if concern is not None:
        essence = safety.essence(prompt.persona, concern)
        return voice.say(safety.written_answers(prompt.persona, concern)) or voice.insist(essence) or essence[0]
    if prompt.aim == "honest":
        return voice.insist(prompt.persona.safety.honest) or prompt.persona.safety.honest[0]
    return None


def checked(sentence: str, prompt: Prompt) -> str | None:
    """`sentence` as she may say it: signs out, safe, on her level; "" if nothing is left, None if past mending."""
    said = speakable(sentence)
    if not said:
        return ""
    fault = slip(said, prompt)
    if fault is not None:
        lines = prompt.persona.safety.honest if fault == "denial" else prompt.persona.safety.refuse
        voice = Voice(prompt.history, prompt.level, {}, f"{prompt.seed}:{len(prompt.history)}")
        said = voice.insist(lines) or lines[0]
    said = on_level(said, prompt)
    return said if is_on_level(said, prompt) else None


def slip(sentence: str, prompt: Prompt) -> str | None:
    """Why a sentence must not be spoken (persona.safety.fault), or None."""
    return safety.fault(speakable(sentence), rules_of(prompt.system))


def on_level(sentence: str, prompt: Prompt) -> str:
    """`sentence` at the level the prompt asks for; 하십시오체 and 해요체 are both 존댓말, a fragment is neither."""
    return sentence if is_on_level(sentence, prompt) else to_level(sentence, prompt.level)


def is_on_level(sentence: str, prompt: Prompt) -> bool:
    """Whether nothing speaks against `sentence` being at the level that is due."""
    reading = speech_level(sentence)
    return reading.polite is None or reading.weak or reading.polite is (prompt.level in ("하십시오체", "해요체"))


def reminded(prompt: Prompt) -> Prompt:
    """The prompt once more, for a model that forgot in which level she speaks."""
    due = "존댓말" if prompt.level in ("하십시오체", "해요체") else "반말"
    return replace(
        prompt, system=f"{prompt.system}\n방금 쓴 답은 말투가 틀렸습니다. 반드시 {due}로, 처음부터 다시 답하세요."
    )


def last_resort(prompt: Prompt) -> str:
    """A word that fits anywhere, where a model twice wrote nothing she could say."""
    voice = Voice(prompt.history, prompt.level, {}, f"{prompt.seed}:{len(prompt.history)}")
    lines: list[str] = data("lines")["last_resort"]
    return voice.insist(lines) or lines[0]


def rules_of(system: str) -> str:
    """The part of a system text that nobody should hear read out: its rules, not her lines about herself."""
    return system.partition("\n# 규칙\n")[2]
