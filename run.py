"""The command line: reads the configuration, chooses the adapters, starts the service or one of its tools.

It must not hold any logic of a call; it is the only file that imports adapters.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from media.errors import DeyeonsoError
from media.preload import preload, summary
from media.weights import Weights
from signaling.config import Config, fail, read_config
from signaling.engines import Engines
from signaling.logs import log_to_stderr
from signaling.server import refuse_strangers, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status."""
    options = _parser().parse_args(arguments)
    log_to_stderr()
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except DeyeonsoError as error:
        return fail(error)
    except BaseExceptionGroup as group:  # engines load side by side: the first that cannot says why
        causes: BaseException = group
        while isinstance(causes, BaseExceptionGroup):
            causes = causes.exceptions[0]
        if not isinstance(causes, DeyeonsoError):
            raise
        return fail(causes)
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description="데연소: a practice studio for conversation")
    parser.set_defaults(command=_serve, open=False)
    commands = parser.add_subparsers(metavar="command")
    serve = commands.add_parser("serve", help="start the server (the default)")
    serve.add_argument("--open", action="store_true", help="let guests in from other machines too (no sign-in!)")
    serve.set_defaults(command=_serve)
    fetch = commands.add_parser("preload", help="fetch and verify the model weights")
    fetch.add_argument("--deep", action="store_true", help="re-read every file, not only what looks changed")
    fetch.set_defaults(command=_preload)
    peer = commands.add_parser(
        "peer", help="call the server as a headless peer that speaks sound files (DEYEONSO_TOKEN: as whom)"
    )
    peer.add_argument("--say", type=Path, action="append", required=True, metavar="WAV", help="speak this; repeatable")
    peer.add_argument("--video", type=Path, metavar="CLIP", help="send this clip as the camera")
    peer.add_argument("--persona", metavar="ID")
    peer.add_argument("--url", default="http://127.0.0.1:8000")
    peer.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    peer.set_defaults(command=_peer)
    persona = commands.add_parser("persona", help="make a persona without code: a starting file, or look one over")
    making = persona.add_subparsers(metavar="what", required=True)
    new = making.add_parser("new", help="write a starting file into DATA_DIR/personas")
    new.add_argument("id", help="lower case letters, digits, - and _")
    new.add_argument("--name", required=True)
    new.add_argument("--about", default="", help="who this is, in a sentence or two of Korean")
    new.add_argument("--gender", choices=("female", "male", "other"), default="other")
    new.set_defaults(command=_persona_new)
    check = making.add_parser("check", help="look files over: every fault with file, field and reason")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE")
    check.set_defaults(command=_persona_check)
    return parser


def _run(work: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


# -- preload


def _preload(options: argparse.Namespace) -> int:
    console = Console(stderr=True)
    for line in summary(preload(console=console, deep=options.deep)):
        console.print(line, highlight=False)
    return 0


# -- serve


def _serve(options: argparse.Namespace) -> int:
    config = read_config()
    refuse_strangers(config, options.open)
    preload()
    return _run(serve(config, lambda config: choose_engines(config, Weights())))


async def choose_engines(config: Config, weights: Weights) -> Engines:
    """The configured engines, or for what is unset the best that this machine can use, loaded and warm."""
    from analysis import korean
    from analysis.adapters.device import chosen, providers
    from analysis.adapters.expression import chosen_classifier
    from analysis.adapters.landmarker import MediaPipeLandmarker
    from analysis.adapters.pitch import SwiftPitch
    from analysis.adapters.silero import SileroModel
    from analysis.adapters.smart_turn import SmartTurn
    from analysis.expression import RULE
    from media.worker import Batcher, Worker
    from persona.adapters.kokoro import KokoroVoice
    from persona.adapters.offline import OfflineBrain
    from persona.guard import Guard

    coach, turn_end, expressions = Worker("coach"), Worker("turn-end"), Worker("expressions")
    detecting = Worker("speech-detector", backlog=1024)
    # MediaPipe takes one picture at a time and follows one call's face: calls are read side by side, not in batches.
    face = Worker("face", threads=max(1, (os.cpu_count() or 1) // 2))
    speech, small = chosen(config.device, "CTranslate2"), chosen(config.device, "onnxruntime")
    kokoro = KokoroVoice(
        weights.path("kokoro/model.onnx"),
        weights.path("kokoro/vocab.json"),
        [weights.path("kokoro/voices.npz"), *sorted(weights.root.glob("kokoro/voices/*.bin"))],
        providers=providers(small),
    )
    brain = _choose_model(config)
    voice = await _choose_voice(config, kokoro)
    landmarker = weights.path("face_landmarker.task")
    with closing(Worker("loading")) as loader:
        async with asyncio.TaskGroup() as loading:
            stt = loading.create_task(loader.run(lambda: _choose_stt(config, weights, speech)))
            smart_turn = loading.create_task(turn_end.run(lambda: SmartTurn(weights.path("smart-turn.onnx"), small)))
            silero = loading.create_task(detecting.run(lambda: SileroModel(weights.path("silero-vad.onnx"), small)))
            loading.create_task(face.run(korean.load))
            pitch = loading.create_task(coach.run(partial(SwiftPitch, small)))
            expression = loading.create_task(
                expressions.run(lambda: chosen_classifier(weights, config.expression_model, config.device))
            )
            loading.create_task(kokoro.load())
            if isinstance(brain, OfflineBrain):
                loading.create_task(brain.start())
    model = Guard(brain)
    faces = expression.result()
    names = {
        "stt": stt.result().name,
        "llm": model.name,
        "tts": voice.name,
        "face": "mediapipe",
        "expression": RULE if faces is None else faces.name,
        "device": speech,
    }
    return Engines(
        stt=stt.result(),
        model=model,
        voice=voice,
        new_speech_detector=silero.result().detector,
        new_live_detector=partial(silero.result().live, Batcher(detecting, silero.result().predict, limit=32)),
        detector_worker=detecting,
        sounds_finished=Batcher(turn_end, smart_turn.result().complete, limit=8 if small == "cuda" else 2),
        turn_end_worker=turn_end,
        new_landmarker=lambda: MediaPipeLandmarker(landmarker),
        face_worker=face,
        prompt_worker=Worker("prompt"),
        pitch=pitch.result(),
        coach_worker=coach,
        expression_worker=expressions,
        classify=None if faces is None else Batcher(expressions, faces.classify),
        expression=names["expression"],
        names=names,
        closers=() if voice.name in ("kokoro", "edge") else (kokoro.close,),
    )


def _choose_stt(config: Config, weights: Weights, device: Any) -> Any:
    if config.stt_engine == "openai":
        from analysis.adapters.openai_transcription import OpenAITranscription

        _need_key(config, "STT_ENGINE")
        return OpenAITranscription(config.openai_base_url, config.openai_api_key, config.openai_stt_model)
    from analysis.adapters.whisper import WhisperSpeechToText

    folder = weights.path("whisper-base/model.bin").parent
    return WhisperSpeechToText(folder, device)


def _choose_model(config: Config) -> Any:
    if config.llm_engine == "openai" or (config.llm_engine is None and config.openai_api_key):
        from persona.adapters.openai_chat import OpenAIChat

        _need_key(config, "LLM_ENGINE")
        return OpenAIChat(config.openai_base_url, config.openai_api_key, config.openai_model)
    from persona.adapters.offline import OfflineBrain

    return OfflineBrain()


async def _choose_voice(config: Config, kokoro: Any) -> Any:
    if config.tts_engine == "openai":
        from persona.adapters.openai_speech import OpenAISpeech

        _need_key(config, "TTS_ENGINE")
        return OpenAISpeech(config.openai_base_url, config.openai_api_key, config.openai_tts_model)
    if config.tts_engine == "kokoro":
        return kokoro
    from persona.adapters.edge import EdgeSpeech, edge_reachable

    if config.tts_engine == "edge" or await edge_reachable(1.5):
        return EdgeSpeech(fallback=kokoro)
    return kokoro


def _need_key(config: Config, name: str) -> None:
    own_server = config.openai_base_url != Config.model_fields["openai_base_url"].default
    if not config.openai_api_key and not own_server:
        message = f"{name}=openai needs OPENAI_API_KEY (or OPENAI_BASE_URL of a server of your own)"
        raise DeyeonsoError("bad_config", message, "caller")


# -- persona


def _persona_new(options: argparse.Namespace) -> int:
    from persona import PersonaManager
    from persona.catalog import FOLDER

    manager = PersonaManager(FOLDER, read_config().data_dir / "personas")
    print(manager.create_persona_template(options.id, options.name, options.about or options.name, options.gender))
    return 0


def _persona_check(options: argparse.Namespace) -> int:
    from persona.vetting import vet_file

    faults = [
        f"{path.name}: {fault.field}: {fault.reason} ({fault.hint})"
        for path in options.files
        for fault in vet_file(path)
    ]
    for line in faults or [f"{path.name}: 고칠 곳이 없어요." for path in options.files]:
        print(line)
    return 1 if faults else 0


# -- peer


def _peer(options: argparse.Namespace) -> int:
    return _run(peer(options))


async def peer(options: argparse.Namespace) -> int:
    """Speak each file in turn and print what came of it; 0 only if every turn was answered."""
    from dataclasses import asdict

    from signaling.headless import HeadlessPeer, read_sound

    sounds = [(path, read_sound(path)) for path in options.say]
    if options.video is not None and not options.video.is_file():
        raise DeyeonsoError("bad_video", f"{options.video}: no such file", "caller")
    turns = []
    async with HeadlessPeer(
        options.url, options.persona, options.video, token=os.environ.get("DEYEONSO_TOKEN")
    ) as caller:
        greeting = await caller.greeted()
        _say(options, f"인사: {greeting}")
        for path, sound in sounds:
            turn = await caller.say(sound, str(path))
            turns.append(turn)
            _say(options, f"나 ({path.name}): {turn.heard or '…알아듣지 못함'}\n상대: {turn.answered or '…대답 없음'}")
            if turn.first_sound is not None:
                _say(options, f"  말끝 → 첫소리 {turn.first_sound:.2f} s  {_steps(turn.delays)}")
            for problem in turn.errors:
                _say(options, f"  ! {problem}")
    for line in _feedback(caller.feedback):
        _say(options, line)
    report = {
        "call": {name: caller.call[name] for name in ("call_id", "session_id")},
        "greeting": greeting,
        "turns": [asdict(turn) for turn in turns],
        "feedback": caller.feedback,
        "readings": [m["data"] for m in caller.of_kind("server-message") if m["data"]["kind"] != "state"],
        "answered": all(turn.answered for turn in turns),
    }
    if options.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0 if report["answered"] else 1


def _say(options: argparse.Namespace, line: str) -> None:
    print(line, file=sys.stderr if options.json else sys.stdout, flush=True)


def _feedback(report: dict[str, Any] | None) -> list[str]:
    """The report as a few lines."""
    if report is None:
        return ["리포트: 받지 못했어요."]
    told = report["feedback"]
    scores = []
    for name in (name for name in told["metrics"] if name in told):
        score = told["metrics"][name]
        sure = f"(확신 {score['confidence']:.2f})" if score["value"] is not None else f"({score['reason']})"
        scores.append(f"{name} {'–' if score['value'] is None else score['value']} {sure}")
    return [f"리포트 ({told['status']}): {told['summary']}", *(f"  {score}" for score in scores)]


def _steps(delays: dict[str, float]) -> str:
    return " · ".join(f"{name} {seconds:.2f}" for name, seconds in delays.items())


if __name__ == "__main__":
    sys.exit(main())
