"""The ear, model by model, and how long after the person's last word her words are there.

Run it alone on the machine: everything here competes for its cores. Speech is the Kokoro voice's; nothing is cached.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import aclosing
from functools import partial

import jiwer
import numpy as np

from analysis.adapters.silero import CONTEXT, FRAME, SileroModel
from analysis.adapters.smart_turn import SmartTurn
from analysis.adapters.whisper import WhisperSettings, WhisperSpeechToText
from analysis.listener import Listener
from analysis.types import Utterance
from media.channel import Channel
from media.clock import Clock
from media.timeline import Timeline
from media.types import HEARING_RATE, SPEECH_RATE, AudioChunk, Wave
from media.weights import Weights
from media.worker import Batcher, Worker
from persona.adapters.kokoro import KokoroVoice
from persona.schema import Voice
from persona.shaping import resampled

Row = tuple[str, float, str, float | str | None]
SENTENCES = [
    "안녕하세요. 만나서 정말 반가워요.", "혹시 어떤 음식을 좋아하세요?", "오늘 회사에서 조금 힘든 일이 있었어요.",
    "저는 주말에 친구들이랑 영화를 보러 갔어요.", "요즘 날씨가 많이 추워졌네요.", "커피 마시는 거 좋아하세요?",
    "저도 여행을 정말 좋아해요. 작년에는 제주도에 다녀왔어요.", "취미가 뭐예요?", "어제는 집에서 하루 종일 쉬었어요.",
    "고양이를 한 마리 키우고 있어요.", "음악 듣는 걸 좋아해서 공연에 자주 가요.", "그렇군요. 정말 힘드셨겠어요.",
    "다음에 같이 밥 먹으러 갈래요?", "부산에서 태어나서 서울로 이사 왔어요.", "동생이 두 명 있어요.", "네, 맞아요.",
    "요리를 배우고 싶은데 어디서 시작해야 할지 모르겠어요.", "가장 기억에 남는 여행은 어디였어요?",
    "운동은 일주일에 세 번 정도 해요.", "책 읽는 것도 좋아하고 그림 그리는 것도 좋아해요.", "마케팅 일은 재미있으세요?",
    "아침에 일찍 일어나는 편이에요?", "오늘 이야기 나눠서 정말 즐거웠어요.", "매운 음식은 잘 못 먹어요.",
]  # fmt: skip
OPTIONS = {  # what the settings cost and bring, against the usual way
    "30 s window, greedy (the usual way)": WhisperSettings(window=30.0, beam=1),
    "12 s window, greedy": WhisperSettings(beam=1),
    "12 s window, beam 3 (ours)": WhisperSettings(),
}


async def measure() -> list[Row]:
    """(name, value, unit, target)."""
    weights = Weights()
    waves = await _spoken(weights)
    silero = SileroModel(weights.path("silero-vad.onnx"))
    smart_turn = SmartTurn(weights.path("smart-turn.onnx"))
    rows = [*_detector(silero, waves), *_turn_ends(smart_turn, waves)]
    for name, settings in OPTIONS.items():
        for threads in (1, 2):
            stt = WhisperSpeechToText(weights.path("whisper-base"), threads=threads, settings=settings)
            rows += _recogniser(f"Whisper, {name}, {threads} thread{'s'[: threads - 1]}", stt, waves)
            if (settings, threads) == (WhisperSettings(), 1):
                rate = _error_rate(stt, waves)
                rows.append((f"Whisper, character error rate over {len(waves)} sentences", rate, "", 0.25))
                rows += await _turns(silero, smart_turn, stt, waves[1:11])  # one after the other, in real time
            await stt.close()
    return rows


async def _spoken(weights: Weights) -> list[Wave]:
    folder = weights.path("kokoro")
    voice = KokoroVoice(folder / "model.onnx", folder / "vocab.json", [folder / "voices.npz"])
    waves = []
    for text in SENTENCES:
        async with aclosing(voice.speak(text, Voice(tts="-", offline="jf_alpha"))) as pieces:
            samples = np.concatenate([piece.samples async for piece in pieces])
        waves.append(resampled(samples.astype(np.float32) / 32767, SPEECH_RATE / HEARING_RATE))
    await voice.close()
    return waves


def _in_room(wave: Wave, before: float = 0.3, after: float = 0.2) -> Wave:
    """The sentence with a little of a quiet room around it, as the listener cuts it."""
    padded = np.pad(wave, (int(before * HEARING_RATE), int(after * HEARING_RATE)))
    return (padded + np.random.default_rng(0).normal(0, 0.0005, len(padded))).astype(np.float32)


def _median_ms(job: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        job()
        took.append(time.perf_counter() - began)
    return 1000 * float(np.median(took))


def _detector(silero: SileroModel, waves: list[Wave]) -> list[Row]:
    detector, speech, silence = silero.detector(), waves[0][:FRAME], np.zeros(FRAME, np.float32)
    speaking = _median_ms(lambda: detector.probability(speech), 1000)
    silent = _median_ms(lambda: detector.probability(silence), 1000)
    return [
        ("voice activity, 32 ms of sound", speaking, "ms", None),
        ("voice activity, 32 ms of digital silence", silent, "ms", None),
        ("voice activity of one call in a quiet room", speaking / 32, "core", None),
        *(
            (
                f"voice activity, {calls} calls' frames together, each",
                _together(silero, speech, calls) / calls,
                "ms",
                None,
            )
            for calls in (1, 4, 16)
        ),
    ]


def _together(silero: SileroModel, speech: Wave, calls: int) -> float:
    asked = [(np.pad(speech, (CONTEXT, 0)), silero.rest)] * calls
    return _median_ms(lambda: silero.predict(asked), 300)


def _turn_ends(smart_turn: SmartTurn, waves: list[Wave]) -> list[Row]:
    def each(turns: int) -> float:
        asked = [_in_room(wave) for wave in waves[:turns]]
        return _median_ms(lambda: smart_turn.complete(asked), 20) / turns

    return [(f"end-of-turn model, {turns} turns together, each", each(turns), "ms", None) for turns in (1, 2, 4)]


def _recogniser(name: str, stt: WhisperSpeechToText, waves: list[Wave]) -> list[Row]:
    sound = np.concatenate(waves[:4])
    stt.predict([sound[:HEARING_RATE]])
    rows: list[Row] = []
    for seconds in (2, 3, 4, 5):
        turn = [sound[: seconds * HEARING_RATE]]
        rows.append((f"{name}: {seconds} s of speech", _median_ms(partial(stt.predict, turn), 3), "ms", None))
    return rows


def _error_rate(stt: WhisperSpeechToText, waves: list[Wave]) -> float:
    heard = [stt.predict([_in_room(wave)])[0].text for wave in waves]
    return float(jiwer.cer([_plain(text) for text in SENTENCES], [_plain(text) for text in heard]))


def _plain(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z가-힣]", "", text) or "-"


async def _turns(silero: SileroModel, smart_turn: SmartTurn, stt: WhisperSpeechToText, waves: list[Wave]) -> list[Row]:
    """A microphone in real time, through the whole listener."""
    clock, microphone = Clock(), Channel[AudioChunk](31, "drop_oldest")
    worker, detecting = Worker("turn-end"), Worker("speech-detector")
    listener = Listener(
        silero.live(Batcher(detecting, silero.predict)),
        Batcher(worker, smart_turn.complete),
        stt,
        microphone,
        Timeline(),
        clock,
    )
    sound = np.concatenate([_in_room(wave, 1.0, 2.0) for wave in waves])
    utterances: list[Utterance] = []

    async def speak() -> None:
        for first in range(0, len(sound), FRAME):
            chunk = AudioChunk(first / HEARING_RATE, sound[first : first + FRAME])
            await asyncio.sleep(max(0.0, chunk.span.end - clock.now()))
            microphone.offer(chunk)
        microphone.close()

    async def read() -> None:
        utterances.extend([event async for event in listener.events if isinstance(event, Utterance)])

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listener.run())
        tasks.create_task(read())
        tasks.create_task(speak())
    worker.close()
    detecting.close()
    decided = [utterance.decided_at - utterance.span.end for utterance in utterances]
    there = [utterance.recognised_at - utterance.span.end for utterance in utterances]
    return [
        ("turns found of those said", len(utterances) / len(waves), "", "≥ 1"),
        (f"end of speech → end of turn decided, median of {len(waves)} turns", float(np.median(decided)), "s", None),
        (f"end of speech → text there, median of {len(waves)} turns", float(np.median(there)), "s", 1.0),
        (f"end of speech → text there, slowest of {len(waves)} turns", max(there), "s", None),
    ]


if __name__ == "__main__":
    for row in asyncio.run(measure()):
        print(row)
