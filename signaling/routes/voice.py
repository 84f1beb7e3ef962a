"""`/voice/…`: a recording analysed, a text spoken, the voices there are.

It must not know how a voice is read or made.
"""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import numpy as np
import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from analysis.readings import Emotion, Polarity
from media.errors import DeyeonsoError
from media.types import SPEECH_RATE, Samples
from persona.schema import Voice
from persona.sentences import speakable, split
from persona.speaking import read_out
from persona.tables import table
from signaling.api import INK, Api, Body
from signaling.context import CONTEXT, Context, user_of
from signaling.presence import while_connected
from signaling.routes.uploads import SOUND_ERRORS
from signaling.uploads import FORM_SCHEMA, SOUNDS
from storage import Upload

api = Api("voice", "목소리 · Voices, heard and spoken")
log = structlog.get_logger()
WAV = "audio/wav"
LONGEST = 500  # characters of one text to speak
VOICE_ERRORS = ("voice_failed", "voice_timeout", "voice_unavailable", "voice_cut_off")


class Stored(Body):
    """A file that was uploaded before."""

    upload_id: str = Field(max_length=256)


class _Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class EvidenceView(_Shown):
    """The moment that moved a score."""

    metric: str
    t0: float = Field(description="s")
    t1: float = Field(description="s")
    value: float
    quote: str | None
    direction: str


class ScoreView(_Shown):
    """One measure; `value` null always comes with a reason."""

    value: float | None = Field(description="0–100")
    confidence: float = Field(description="0–1")
    n: int
    reason: str | None
    evidence: tuple[EvidenceView, ...]


class FeelingView(_Shown):
    """A recording's feeling."""

    label: Emotion | None
    polarity: Polarity | None
    confidence: float
    probabilities: dict[Emotion, float]
    reason: str | None


class TurnView(BaseModel):
    """One stretch of speech."""

    t0: float = Field(description="s")
    t1: float = Field(description="s")
    text: str
    confidence: float | None
    emotion: Emotion | None
    speech_levels: tuple[str, ...] = Field(description="of each sentence: 하십시오체 해요체 해체 해라체 unknown")


class VoiceView(_Shown):
    """What a recording of one speaker tells. Practice indices, no verdicts; null is what could not be measured."""

    total_score: int | None
    voice_tone_score: int | None
    word_choice_score: int | None
    emotion: Emotion | None
    transcript: str
    seconds: float
    speech_seconds: float
    feeling: FeelingView
    tone: dict[str, ScoreView]
    words: dict[str, ScoreView]
    empathy: dict[str, ScoreView]
    turns: list[TurnView] = []


class Speak(Body):
    """A text to be spoken: in a persona's voice, or in one of `GET /voice/voices`."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=INK)]
    persona_id: str | None = Field(default=None, max_length=40)
    voice: str | None = Field(default=None, max_length=60)
    rate: float | None = Field(default=None, ge=0.5, le=2.0, description="1.0 is the voice's own")
    stream: bool = Field(default=False, description="send sound as it is made, its length unknown at the start")


class VoiceChoice(BaseModel):
    """One voice of the engine at work."""

    id: str
    name: str
    personas: list[str] = Field(description="whose voice it is")


class VoiceList(BaseModel):
    """The voices of the engine at work."""

    engine: str
    voices: list[VoiceChoice]


@api.post(
    "/voice/analyze",
    "녹음 분석 · Analyse a recording of one speaker (15 minutes at most)",
    media=SOUNDS,
    form=FORM_SCHEMA,
    errors=(*SOUND_ERRORS, "not_found", "consent_needed", "stt_unavailable", "stt_timeout"),
)
async def analyze(request: web.Request, body: Stored | None) -> VoiceView:
    """Send the file itself (a form's part "file", or the raw body), or the id of one that was uploaded."""
    context, user_id = request.app[CONTEXT], user_of(request)
    await context.require(user_id, "voice_analysis", engines=["stt"])
    async with while_connected(request):
        if body is not None:
            upload = await context.store.get(Upload, body.upload_id, owner=user_id)
            report = await context.readers.voice(context.store.files.path(upload.file))
        else:
            async with context.uploads.taken(request) as path:
                report = await context.readers.voice(path)
    view = VoiceView.model_validate(report)
    for utterance, (_, words, feeling) in zip(report.utterances, report.readings, strict=True):
        view.turns.append(
            TurnView(
                t0=utterance.span.start,
                t1=utterance.span.end,
                text=utterance.text,
                confidence=utterance.confidence,
                emotion=feeling.label,
                speech_levels=words.levels,
            )
        )
    return view


@api.post(
    "/voice/tts",
    "소리 내어 읽기 · Speak a text (24 kHz mono WAV)",
    answers={200: WAV},
    errors=("persona_unknown", "voice_unknown", "nothing_to_say", "consent_needed", *VOICE_ERRORS),
)
async def tts(request: web.Request, body: Speak) -> web.StreamResponse:
    context, user_id = request.app[CONTEXT], user_of(request)
    await context.require(user_id, engines=["tts"])
    sentences = [said for one in split(body.text) if (said := speakable(one))]
    if not sentences:
        raise DeyeonsoError("nothing_to_say", "there is nothing in this text that can be spoken", "caller")
    voice = await _voice(context, user_id, body)
    patience = context.patience.first_sound, context.patience.next_sound
    async with (
        while_connected(request),
        aclosing(read_out(context.engines.voice, sentences, voice, *patience)) as sound,
    ):
        if body.stream:
            return await _streamed(request, sound)
        whole = [piece async for piece in sound]
    return web.Response(body=_wav(np.concatenate(whole)), content_type=WAV)


async def _voice(context: Context, user_id: str, body: Speak) -> Voice:
    voice = (await context.cast.persona_of(user_id, body.persona_id)).voice
    changes: dict[str, Any] = {} if body.rate is None else {"rate": body.rate}
    if body.voice is not None:
        engine = _engine(context)
        if body.voice not in table("voices")[engine]:
            message = f"there is no voice {body.voice!r} here; GET /voice/voices lists them"
            raise DeyeonsoError("voice_unknown", message, "caller")
        changes[engine] = body.voice
    return voice.model_copy(update=changes)


async def _streamed(request: web.Request, sound: AsyncGenerator[Samples, None]) -> web.StreamResponse:
    first = await anext(sound)  # what fails before it still has a status
    response = web.StreamResponse(headers={"Content-Type": WAV, "Cache-Control": "no-store"})
    await response.prepare(request)
    try:
        await response.write(_wav(first, endless=True))
        async for piece in sound:
            await response.write(piece.astype("<i2").tobytes())
    except DeyeonsoError as error:  # the headers are out: the only way to say it is to break off
        log.warning("speech_broke_off", code=error.code)
        if request.transport is not None:
            request.transport.abort()
    return response


def _wav(samples: Samples, endless: bool = False) -> bytes:
    """A WAV file; an endless one has the sizes that players take for "until it ends"."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, SPEECH_RATE, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    content = bytearray(out.getvalue())
    if endless:
        content[4:8] = content[40:44] = b"\xff" * 4
    return bytes(content)


def _engine(context: Context) -> str:
    """The engine's field of a persona's voice."""
    name = context.engines.voice.name
    return "offline" if name == "kokoro" else "tts" if name == "edge" else "openai"


@api.get("/voice/voices", "목소리 목록 · The voices there are", public=True)
async def voices(request: web.Request) -> VoiceList:
    context = request.app[CONTEXT]
    engine = _engine(context)
    whose = {name: list[str]() for name in table("voices")[engine]}
    for persona in context.cast.personas.list_personas():
        whose.setdefault(getattr(persona.voice, engine), []).append(persona.id)
    names: dict[str, str] = table("voices")[engine]
    choices = [VoiceChoice(id=id, name=names.get(id, id), personas=personas) for id, personas in whose.items()]
    return VoiceList(engine=context.engines.voice.name, voices=choices)
