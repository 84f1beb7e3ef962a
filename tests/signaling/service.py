"""The whole application on a real socket in the test's own process, for tests that are not about its models.

It must not load a model: its engines hear nothing and say nothing, which is all that a refused request ever meets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web

from analysis.engines import Transcript
from analysis.types import FaceReading
from media.types import SPEECH_RATE, Pixels, Wave
from media.worker import Batcher, Worker
from persona import PersonaManager
from persona.engines import Prompt, SpeechPiece
from persona.schema import Voice
from signaling.app import make_app
from signaling.auth import Auth
from signaling.calls import Calls
from signaling.consents import QUESTIONS
from signaling.engines import Engines
from signaling.sdp import Policy
from signaling.server import WEB
from storage import Consent, Store, open_store
from storage.kinds import Keep
from storage.vault import Vault

MASTER_KEY = bytes(range(32))


class Deaf:
    """Every detector and recogniser: nothing is ever heard or seen."""

    name = "none"
    frame = 512

    def probability(self, frame: Wave) -> float:
        return 0.0

    def reset(self) -> None: ...

    async def transcribe(self, samples: Wave) -> Transcript:
        return Transcript("")


class DeafLive:
    """The same, of a microphone."""

    frame = 512

    async def probability(self, frame: Wave) -> float:
        return 0.0

    def reset(self) -> None: ...


class Blind:
    """A landmarker that finds nobody."""

    def read(self, pixels: Pixels, t: float) -> FaceReading:
        return FaceReading(t, pixels.shape[1], pixels.shape[0])

    def close(self) -> None: ...


class Terse(Deaf):
    """Says one word to everything, in a tenth of a second of silence."""

    async def reply(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        yield "네."

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        yield SpeechPiece(np.zeros(SPEECH_RATE // 10, np.int16), text)

    async def close(self) -> None: ...


def engines() -> Engines:
    """Engines without a model."""
    terse: Any = Terse()
    turn_end = Worker("turn-end")
    return Engines(
        stt=terse,
        model=terse,
        voice=terse,
        new_speech_detector=Deaf,  # type: ignore[arg-type]
        new_live_detector=DeafLive,
        detector_worker=Worker("speech-detector"),
        sounds_finished=Batcher(turn_end, lambda turns: [1.0] * len(turns)),
        turn_end_worker=turn_end,
        new_landmarker=Blind,
        face_worker=Worker("face"),
        prompt_worker=Worker("prompt"),
        pitch=terse,
        coach_worker=Worker("coach"),
        expression_worker=Worker("expressions"),
        classify=None,
        expression="none",
        names={"stt": "none", "llm": "none", "tts": "none", "face": "none"},
    )


@dataclass
class Service:
    """A running application and what it was made of."""

    url: str
    app: web.Application
    calls: Calls
    store: Store
    auth: Auth | None


@asynccontextmanager
async def running(
    folder: Path,
    auth: Auth | None = None,
    *,
    max_calls: int = 8,
    per_user: int | None = None,
    routes: Sequence[web.RouteDef] = (),
    keepalive: float = 30.0,
    keep: Mapping[Keep, dt.timedelta] | None = None,
    parts: Engines | None = None,
    **how: Any,
) -> AsyncIterator[Service]:
    """The application with `routes` of the test's own, its store in `folder`; `how` goes to make_app."""
    parts = parts or engines()
    async with open_store(folder, keep=keep) as store, Calls(max_calls, patience=3.0, per_user=per_user) as calls:
        policy = Policy(loopback=True)
        vault = Vault(store, MASTER_KEY)
        app = make_app(
            calls, parts, PersonaManager(), store, web_folder=WEB, policy=policy, auth=auth, vault=vault, **how
        )
        app.add_routes(routes)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.5, keepalive_timeout=keepalive, auto_decompress=False
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield Service(f"http://127.0.0.1:{runner.addresses[0][1]}", app, calls, store, auth)
        finally:
            await runner.cleanup()
            await parts.close()
            vault.close()


async def agreed(store: Store, user_id: str) -> None:
    """This person has said yes to a call, as a page asks before the first one."""
    for question in QUESTIONS:
        if question.required:
            await store.add(Consent(user_id=user_id, to=question.to, version=question.version, granted=True))
