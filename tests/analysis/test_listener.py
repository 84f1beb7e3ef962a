"""The whole ear on real sound: Silero, Smart Turn and Whisper, fed chunk by chunk, events and utterances out."""

from __future__ import annotations

import asyncio
from itertools import chain

import numpy as np
import pytest

from analysis.adapters.silero import SileroModel
from analysis.adapters.smart_turn import SmartTurn
from analysis.adapters.whisper import WhisperSpeechToText
from analysis.listener import ListenerSettings
from analysis.types import AnalyzerFault, SpeechConfirmed, SpeechStopped, Utterance
from media.types import HEARING_RATE, AudioChunk, Wave
from media.weights import Weights

MINUTE = 60 * HEARING_RATE


def chunked(wave: Wave) -> list[AudioChunk]:
    return [AudioChunk(i / HEARING_RATE, wave[i : i + 320]) for i in range(0, len(wave), 320)]


async def test_sentences_become_utterances_in_order_with_their_times(listen, room, speak, error_rate) -> None:
    said = [
        "안녕하세요. 만나서 정말 반가워요.",
        "혹시 어떤 음식을 좋아하세요?",
        "오늘 회사에서 조금 힘든 일이 있었어요.",
    ]
    waves = [speak(text) for text in said]
    heard = await listen(room(1.0, waves[0], 2.0, waves[1], 2.0, waves[2], 2.0))

    assert heard.names == " ".join(["Started Confirmed Stopped Utterance"] * 3)
    assert [utterance.turn for utterance in heard.utterances] == [1, 2, 3]
    assert error_rate(said, [utterance.text for utterance in heard.utterances]) <= 0.25
    start = 1.0
    for utterance, wave in zip(heard.utterances, waves, strict=True):
        seconds = len(wave) / HEARING_RATE
        assert utterance.span.start == pytest.approx(start, abs=0.2)
        assert utterance.span.end == pytest.approx(start + seconds, abs=0.3)
        assert len(utterance.samples) == pytest.approx(utterance.span.seconds * HEARING_RATE, abs=2)
        assert utterance.decided_at - utterance.span.end < 0.7
        assert 0.3 < utterance.confidence <= 1.0
        start += seconds + 2.0
    kept = [event for event in heard.timeline if isinstance(event, Utterance)]
    assert kept == heard.utterances


async def test_what_does_not_belong_to_the_talk_is_not_recorded_and_its_words_are_withheld(listen, room, speak) -> None:
    sound = room(1.0, speak("혹시 어떤 음식을 좋아하세요?"), 2.0)
    heard = await listen(sound, belongs=lambda utterance: "음식" not in utterance.text)
    assert [utterance.text for utterance in heard.utterances] == [""]
    assert not any(isinstance(event, Utterance) for event in heard.timeline)


async def test_a_thinking_pause_inside_a_sentence_does_not_split_it(listen, room, speak, error_rate) -> None:
    first, second = "요리를 배우고 싶은데", "어디서 시작해야 할지 모르겠어요."
    heard = await listen(room(1.0, speak(first), 1.2, speak(second), 2.5))
    (utterance,) = heard.utterances
    assert error_rate(f"{first} {second}", utterance.text) <= 0.35
    assert heard.names.startswith("Started Confirmed Stopped")


async def test_a_lone_yes_is_an_answer_while_she_is_silent(listen, room, speak) -> None:
    heard = await listen(room(1.0, speak("네."), 2.0))
    assert heard.names == "Started Confirmed Stopped Utterance"


async def test_a_short_sound_over_her_voice_is_dismissed(listen, room, speak) -> None:
    yes = speak("네.")
    loudest = int(np.argmax(np.convolve(np.abs(yes), np.ones(4800), "valid")))
    heard = await listen(room(1.0, yes[loudest : loudest + 4800], 2.0), persona_speaking=lambda t: True)
    assert heard.names == "Started Dismissed"


async def test_a_sentence_over_her_voice_takes_the_floor(listen, room, speak) -> None:
    sound = room(1.0, speak("잠깐만요, 그 얘기 좀 더 해 주세요."), 2.0)
    alone = await listen(sound)
    over_her = await listen(sound, persona_speaking=lambda t: t < 3)
    assert alone.names == over_her.names == "Started Confirmed Stopped Utterance"
    early, late = (next(e for e in heard.events if isinstance(e, SpeechConfirmed)) for heard in (alone, over_her))
    assert early.onset == late.onset
    assert late.t - early.t > 0.15


async def test_a_track_that_ends_mid_word_still_gives_what_was_said(listen, room, speak, error_rate) -> None:
    text = "저는 주말에 친구들이랑 영화를 보러 갔어요."
    wave = speak(text)
    heard = await listen(room(1.0, wave)[: HEARING_RATE + int(len(wave) * 0.7)])
    (utterance,) = heard.utterances
    assert error_rate("저는 주말에 친구들이랑 영화를", utterance.text) <= 0.4
    assert heard.listener.events.closed


async def test_words_recognised_ahead_are_not_taken_for_the_whole_when_the_person_goes_on(
    listen, room, speak, error_rate
) -> None:
    first, second = "요리를 배우고 싶은데", "어디서 시작해야 할지"
    heard = await listen(room(1.0, speak(first), 0.8, speak(second)[:-3200]))  # the track ends mid-word
    (utterance,) = heard.utterances
    assert error_rate(f"{first} {second}", utterance.text) <= 0.5
    assert error_rate(first, utterance.text) > 0.5


async def test_a_hole_in_the_sound_is_told_and_does_not_split_the_turn(listen, room, speak) -> None:
    wave = room(1.0, speak("저는 주말에 친구들이랑 영화를 보러 갔어요."), 2.5)
    chunks = [
        AudioChunk(c.start, np.zeros_like(c.samples), lost=True) if 2.0 <= c.start < 2.3 else c for c in chunked(wave)
    ]
    (utterance,) = (await listen(chunks)).utterances
    (gap,) = utterance.gaps
    assert (gap.start, gap.end) == (pytest.approx(2.0, abs=0.05), pytest.approx(2.3, abs=0.05))


async def test_chunks_that_were_dropped_leave_a_gap_of_their_length(listen, room, speak) -> None:
    wave = room(1.0, speak("저는 주말에 친구들이랑 영화를 보러 갔어요."), 2.5)
    (utterance,) = (await listen([c for c in chunked(wave) if not 2.0 <= c.start < 2.3])).utterances
    (gap,) = utterance.gaps
    assert gap.seconds == pytest.approx(0.3, abs=0.05)
    assert len(utterance.samples) == pytest.approx(utterance.span.seconds * HEARING_RATE, abs=700)


def _noises() -> dict[str, Wave]:
    rng = np.random.default_rng(3)
    t = np.arange(MINUTE) / HEARING_RATE
    spectrum = np.fft.rfft(rng.normal(size=MINUTE)) / np.sqrt(np.arange(1, MINUTE // 2 + 2))
    pink = np.fft.irfft(spectrum, MINUTE)
    clicks = np.zeros(MINUTE)
    for place in rng.integers(0, MINUTE - 200, 120):
        clicks[place : place + 200] += rng.normal(size=200) * np.exp(-np.arange(200) / 40)
    beat = np.arange(HEARING_RATE // 2) / HEARING_RATE
    music = np.concatenate(
        [
            sum(
                np.exp(-4 * beat) * np.sin(2 * np.pi * pitch * overtone * beat) / overtone
                for pitch in rng.choice([220, 261.6, 329.6, 392, 440, 523.2], 3, replace=False)
                for overtone in range(1, 5)
            )
            for _ in range(120)
        ]
    )
    hum = np.sin(2 * np.pi * 60 * t) + 0.5 * np.sin(2 * np.pi * 120 * t) + 0.25 * np.sin(2 * np.pi * 180 * t)
    return {
        "digital silence": np.zeros(MINUTE),
        "white noise": rng.normal(0, 0.05, MINUTE),
        "pink noise": 0.5 * pink / np.abs(pink).max(),
        "mains hum": 0.2 * hum,
        "clicks": 0.5 * clicks,
        "music": 0.4 * music / np.abs(music).max(),
    }


@pytest.mark.parametrize("kind", _noises())
async def test_a_minute_without_speech_gives_no_utterance(listen, kind: str) -> None:
    heard = await listen(_noises()[kind].astype(np.float32))
    assert "Confirmed" not in heard.names
    assert heard.utterances == []


async def test_a_recogniser_that_fails_costs_the_words_and_not_the_call(listen, room, speak, weights: Weights) -> None:
    broken = WhisperSpeechToText(weights.path("whisper-base"))
    await broken.close()
    sound = room(1.0, speak("취미가 뭐예요?"), 2.0)
    heard = await listen(np.concatenate([sound, sound]), stt=broken)
    assert [utterance.text for utterance in heard.utterances] == ["", ""]
    faults = [event for event in heard.timeline if isinstance(event, AnalyzerFault)]
    assert {(fault.analyzer, fault.code) for fault in faults} == {("speech-to-text", "stt_failed")}


async def test_a_recogniser_that_takes_too_long_is_given_up(listen, room, speak) -> None:
    settings = ListenerSettings(recognition_timeout=0.01)
    heard = await listen(room(1.0, speak("취미가 뭐예요?"), 2.0), settings=settings)
    assert [utterance.text for utterance in heard.utterances] == [""]
    assert any(isinstance(event, AnalyzerFault) and event.code == "timeout" for event in heard.events)


async def test_without_an_end_of_turn_model_silence_ends_the_turn(
    listen, room, speak, smart_turn: SmartTurn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmartTurn, "complete", lambda *_: 1 // 0)
    heard = await listen(room(1.0, speak("제가 좋아하는 음식은"), 2.5))
    (stopped,) = (event for event in heard.events if isinstance(event, SpeechStopped))
    assert stopped.complete is None
    assert len(heard.utterances) == 1
    assert any(isinstance(event, AnalyzerFault) and event.analyzer == "end-of-turn" for event in heard.events)


async def test_a_detector_that_fails_for_a_while_is_told_of_once_and_the_next_turn_is_heard(
    listen, room, speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict, frames = SileroModel.predict, 0

    def failing(model: SileroModel, asked: list) -> list:
        nonlocal frames
        frames += 1
        return predict(model, asked) if frames > 20 else [1 // 0]

    monkeypatch.setattr(SileroModel, "predict", failing)
    heard = await listen(room(1.5, speak("안녕하세요. 만나서 정말 반가워요."), 2.0))
    faults = [event for event in heard.events if isinstance(event, AnalyzerFault)]
    assert [fault.analyzer for fault in faults] == ["speech-detector"]
    assert len(heard.utterances) == 1


async def test_two_sentences_at_once_from_two_calls_share_one_recogniser(listen, room, speak, error_rate) -> None:
    said = ["안녕하세요. 만나서 정말 반가워요.", "오늘 회사에서 조금 힘든 일이 있었어요."]
    calls = await asyncio.gather(*(listen(room(1.0, speak(text), 2.0)) for text in said))
    texts = list(chain.from_iterable([u.text for u in call.utterances] for call in calls))
    assert error_rate(said, texts) <= 0.25
