"""Warmth, enthusiasm, politeness, confidence: each moves with what it is made of, and ignores what was not measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis import empathy, words
from analysis.readings import Score, ToneReading, VoiceBaseline, WordReading
from tests.analysis import ears, synth

OWN = VoiceBaseline(pitch=140.0, spread=2.0, level=-20.0, rate=4.0, voiced=30.0)


def turn(text: str, said_before: str = "") -> WordReading:
    return words.read(text, said_before=said_before)


@pytest.fixture(scope="module")
def voice() -> ToneReading:
    return ears.read(synth.voice(5, 140, synth.melody(5)), "저는 주말에 친구랑 공원에서 자전거를 타요.")


def value(name: str, tones: list[ToneReading], said: list[WordReading], **more: object) -> float:
    found = empathy.indices(tones, said, **more)[name]  # type: ignore[arg-type]
    assert found.value is not None, found.reason
    return found.value


def test_thanks_empathy_and_follow_ups_are_warm(voice: ToneReading) -> None:
    her = "어제 야근을 해서 힘들었어요."
    cold, kind = (
        turn("저는 서울에 살아요.", her),
        turn("그랬군요. 많이 힘드셨겠어요. 고생 많으셨어요. 야근은 자주 하세요?", her),
    )

    assert value("warmth", [voice], [kind]) > value("warmth", [voice], [cold]) + 30


def test_a_smile_counts_only_where_there_is_a_camera(voice: ToneReading) -> None:
    said = [turn("그랬군요. 고마워요.")]
    without = empathy.indices([voice], said)["warmth"]
    smiling = empathy.indices([voice], said, smile=Score(100, 1, 10))["warmth"]

    assert smiling.confidence > without.confidence
    assert (smiling.value or 0) == pytest.approx(0.85 * (without.value or 0) + 15, abs=0.01)


def test_a_lone_recording_is_not_blamed_for_asking_nothing(voice: ToneReading) -> None:
    said = [turn("정말 고마워요. 덕분에 즐거웠어요.")]

    assert value("warmth", [voice], said, partner_heard=False) > value("warmth", [voice], said)


def test_louder_and_faster_than_oneself_is_enthusiasm(voice: ToneReading) -> None:
    said = [turn("정말 재밌어요!")]
    tired = replace(voice, level=-28.0, syllables=12)
    awake = replace(voice, level=-16.0, syllables=24)

    assert value("enthusiasm", [awake], said, baseline=OWN) > value("enthusiasm", [tired], said, baseline=OWN) + 20


def test_fading_and_hedging_are_unsure(voice: ToneReading) -> None:
    sure, unsure = turn("저는 등산을 좋아해요."), turn("글쎄요, 아마 그런 것 같아요.")

    assert value("confidence", [replace(voice, trailing=1.0)], [sure]) == 100
    assert value("confidence", [replace(voice, trailing=10.0)], [unsure]) < 30


def test_fillers_count_only_where_the_recogniser_writes_them(voice: ToneReading) -> None:
    said = [turn("음, 저는 어, 그, 회사에 다녀요.")]

    heard = value("confidence", [voice], said, verbatim=True)

    assert heard < value("confidence", [voice], said)


def test_quick_answers_are_confident(voice: ToneReading) -> None:
    said = [turn("저는 등산을 좋아해요.")]

    slow = value("confidence", [voice], said, latency=Score(0, 1, 5))

    assert slow < value("confidence", [voice], said, latency=Score(100, 1, 5))


def test_nothing_said_is_nothing_judged() -> None:
    found = empathy.indices([], [turn(""), turn("hello")])

    assert {score.value for score in found.values()} == {None}
    assert all(score.reason for score in found.values())


def test_the_weights_of_every_index_sum_to_one() -> None:
    for weights in (empathy.WARMTH, empathy.ENTHUSIASM, empathy.CONFIDENCE, words.POLITENESS, words.WEIGHTS):
        assert sum(weights.values()) == pytest.approx(1)
