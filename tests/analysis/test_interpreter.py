"""Utterances in, readings on the timeline; a failing engine costs a reading, never the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analysis.adapters.silero import SileroModel
from analysis.interpreter import Interpreter
from analysis.pitch import PitchTrack
from analysis.readings import EmotionReading, ToneReading, WordReading
from analysis.types import AnalyzerFault, Utterance
from media.channel import Channel
from media.timeline import Timeline
from media.types import HEARING_RATE, Span, Wave
from media.worker import Worker
from tests.analysis import ears, synth

Speak = Callable[..., Wave]

TEXT = "오늘 아침에는 날씨가 맑아서 공원을 천천히 걸었어요. 정말 즐거웠어요."


def turn(number: int, sound: Wave, text: str = TEXT, gaps: tuple[Span, ...] = ()) -> Utterance:
    start = 10.0 * number
    span = Span(start, start + len(sound) / HEARING_RATE)
    return Utterance(span, text, number, 0.9, span.end, span.end, sound, gaps)


async def interpret(interpreter: Interpreter, channel: Channel[Utterance], turns: list[Utterance]) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(interpreter.run())
        for one in turns:
            await channel.put(one)
        channel.close()


async def test_every_turn_gets_its_three_readings_in_its_place(
    silero: SileroModel, speak: Speak, worker: Worker
) -> None:
    channel: Channel[Utterance] = Channel(4, "wait")
    timeline = Timeline()
    interpreter = Interpreter(ears.tracker(), silero.detector, worker, channel, timeline)
    interpreter.said_before = lambda: "저는 아침마다 공원을 걸어요."
    sound = speak(TEXT)

    await interpret(interpreter, channel, [turn(n, sound) for n in (1, 2, 3)])

    kinds = [type(event) for event in timeline]
    assert kinds == [ToneReading, WordReading, EmotionReading] * 3
    tones = [event for event in timeline if isinstance(event, ToneReading)]
    feelings = [event for event in timeline if isinstance(event, EmotionReading)]
    assert [tone.turn for tone in tones] == [1, 2, 3]
    assert tones[0].t == turn(1, sound).t
    assert [reading.label for reading in feelings] == ["기쁨"] * 3
    # The voice joins in once there is enough of the speaker's own to compare it with.
    assert ["voice" in reading.sources for reading in feelings] == [False, False, True]
    assert interpreter.baseline is not None


async def test_a_lost_stretch_widens_the_confidence_and_lowers_nothing(
    silero: SileroModel, speak: Speak, worker: Worker
) -> None:
    channel: Channel[Utterance] = Channel(4, "wait")
    timeline = Timeline()
    sound = speak(TEXT)
    holed = sound.copy()
    holed[HEARING_RATE : HEARING_RATE * 3 // 2] = 0

    await interpret(
        Interpreter(ears.tracker(), silero.detector, worker, channel, timeline),
        channel,
        [turn(1, sound), turn(2, holed, gaps=(Span(21.0, 21.5),))],
    )

    whole, part = (event.scores["voice_tone"] for event in timeline if isinstance(event, ToneReading))
    assert (part.value or 0) >= (whole.value or 0) - 3
    assert part.confidence < whole.confidence


async def test_a_failing_engine_costs_its_reading_and_says_so(
    silero: SileroModel, speak: Speak, worker: Worker
) -> None:
    class Broken:
        def __init__(self) -> None:
            self.calls = 0

        def track(self, samples: Wave) -> PitchTrack:
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError("out of memory")
            return ears.tracker().track(samples)

    channel: Channel[Utterance] = Channel(4, "wait")
    timeline = Timeline()
    sound = speak(TEXT)

    await interpret(
        Interpreter(Broken(), silero.detector, worker, channel, timeline), channel, [turn(1, sound), turn(2, sound)]
    )

    faults = [event for event in timeline if isinstance(event, AnalyzerFault)]
    assert [(fault.analyzer, fault.code, fault.message) for fault in faults] == [
        ("voice", "analyzer_failed", "out of memory")
    ]
    assert [event.turn for event in timeline if isinstance(event, ToneReading)] == [2]


async def test_a_turn_without_words_or_voice_is_read_as_such(silero: SileroModel, worker: Worker) -> None:
    channel: Channel[Utterance] = Channel(4, "wait")
    timeline = Timeline()

    await interpret(
        Interpreter(ears.tracker(), silero.detector, worker, channel, timeline),
        channel,
        [turn(1, ears.silence(2), ""), turn(2, np.zeros(0, np.float32), "")],
    )

    assert {
        score.value for e in timeline if isinstance(e, ToneReading | WordReading) for score in e.scores.values()
    } == {None}
    assert {event.label for event in timeline if isinstance(event, EmotionReading)} == {None}
    assert not any(isinstance(event, AnalyzerFault) for event in timeline)


async def test_without_leave_no_voice_is_measured_and_the_words_still_are(
    silero: SileroModel, speak: Speak, worker: Worker
) -> None:
    channel: Channel[Utterance] = Channel(4, "wait")
    timeline = Timeline()
    interpreter = Interpreter(ears.tracker(), silero.detector, worker, channel, timeline)
    interpreter.voice = False

    await interpret(interpreter, channel, [turn(1, speak(TEXT))])

    words, feeling = timeline
    assert isinstance(words, WordReading)
    assert isinstance(feeling, EmotionReading)
    assert set(feeling.sources) == {"text"}
    assert interpreter.baseline is None


async def test_leave_withdrawn_in_the_middle_of_a_measurement_keeps_it_off_the_timeline(
    silero: SileroModel, speak: Speak, worker: Worker
) -> None:
    class Withdrawing:
        def track(self, samples: Wave) -> PitchTrack:
            interpreter.voice = False
            return ears.tracker().track(samples)

    channel: Channel[Utterance] = Channel(4, "wait")
    timeline = Timeline()
    interpreter = Interpreter(Withdrawing(), silero.detector, worker, channel, timeline)

    await interpret(interpreter, channel, [turn(1, speak(TEXT))])

    assert [type(event) for event in timeline] == [WordReading, EmotionReading]


async def test_a_sentence_said_at_ease_is_the_baseline_from_then_on(
    silero: SileroModel, speak: Speak, worker: Worker
) -> None:
    channel: Channel[Utterance] = Channel(4, "wait")
    timeline = Timeline()
    interpreter = Interpreter(ears.tracker(), silero.detector, worker, channel, timeline)

    assert await interpreter.calibrate(turn(1, ears.silence(2), "")) is None
    own = await interpreter.calibrate(turn(1, speak(TEXT)))

    assert own is not None
    assert interpreter.baseline == own
    assert 100 < own.pitch < 400
    assert list(timeline) == []


async def test_words_that_the_recogniser_doubts_are_held_against_nobody(silero: SileroModel, worker: Worker) -> None:
    channel: Channel[Utterance] = Channel(4, "wait")
    timeline = Timeline()
    misheard = replace(turn(1, synth.voice(4, 140, synth.melody(4)), "야 이 바보야 죽을래"), confidence=0.2)

    await interpret(Interpreter(ears.tracker(), silero.detector, worker, channel, timeline), channel, [misheard])

    tone, words, feeling = timeline
    assert {score.value for score in words.scores.values()} == {None}
    assert (words.levels, words.mentions, feeling.label) == ((), (), None)
    assert tone.scores["rate"].value is None
    assert tone.syllables is None
