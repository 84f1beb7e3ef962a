"""Whatever comes in: never a crash, always 0–100 or null with its reason, and monotone where more is better."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from analysis import tone, words
from analysis.events import ExpressionReading, PersonaSpoke
from analysis.readings import EMOTIONS, Evidence, Score, not_measured
from analysis.scoring import band, falling, fuse
from analysis.types import FaceReading, Utterance
from media.types import HEARING_RATE, Span
from tests.analysis import ears
from tests.analysis.faces import face, nobody
from tests.analysis.talks import EMPATHIC, HERS, NOTHING, PLAIN, QUESTION, report, talk, voice

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LINES = [QUESTION, PLAIN, EMPATHIC, "", "ㅋㅋㅋ 😀", "Nice to meet you", "나는 밥 먹었어", "네", "3시에 봐요!!"]
moments = some.floats(0, 4000, allow_nan=False)
shares = some.floats(0, 1)
angles = some.floats(-80, 80)


def fair(score: Score) -> bool:
    return (0 <= score.value <= 100 if score.value is not None else bool(score.reason)) and 0 <= score.confidence <= 1


@some.composite
def spans(draw: some.DrawFn) -> Span:
    start = draw(moments)
    return Span(start, start + draw(some.floats(0, 30)))


@some.composite
def events(draw: some.DrawFn) -> object:
    """Anything a timeline may hold, in any order, overlapping, twice."""
    span = draw(spans())
    line = draw(some.sampled_from(LINES))
    match draw(some.integers(0, 5)):
        case 0:
            return PersonaSpoke(span, draw(some.sampled_from([HERS, "", "뭐 하세요?"])), draw(some.integers(0, 9)))
        case 1:
            gap = Span(span.start, span.start + span.seconds / 2)
            return Utterance(span, line, 1, draw(some.none() | shares), span.end, span.end, NOTHING,
                             draw(some.sampled_from([(), (gap,)])))  # fmt: skip
        case 2:
            return words.read(line, span=span, said_before=HERS)
        case 3:
            return voice(span, 1, draw(some.integers(0, 200)), draw(some.floats(0, 20)), draw(some.floats(0, 20)))
        case 4:
            return nobody(span.start) if draw(some.booleans()) else face(
                span.start, ear=draw(some.floats(0, 1)), yaw=draw(angles), roll=draw(angles),
                smile=draw(shares), faces=draw(some.integers(1, 2)), iris=(draw(some.floats(-2, 2)), 0.0),
            )  # fmt: skip
        case _:
            label = draw(some.sampled_from(EMOTIONS))
            return ExpressionReading(span.start, label, 1.0, {label: 1.0}, "m")


@FEW
@given(some.lists(events(), max_size=40))
def test_any_timeline_becomes_a_report(timeline: list[object]) -> None:
    told = report(timeline)

    for name, score in told.scores.items():
        assert fair(score), name
        for moment in score.evidence:
            assert moment.t0 <= moment.t1, name
            assert np.isfinite(moment.value), name
    assert told.summary
    assert json.loads(json.dumps(told.document(), allow_nan=False)) == told.document()


@FEW
@given(some.text(max_size=200) | some.lists(some.sampled_from(LINES), max_size=6).map(" ".join))
def test_any_text_is_read(text: str) -> None:
    reading = words.read(text, said_before=text, final_rise=3.0)

    assert all(fair(score) for score in reading.scores.values())
    assert len(reading.levels) == len(reading.sentences)
    assert all(0 <= mention.start <= mention.end <= len(reading.text) for mention in reading.mentions)


@FEW
@given(some.binary(max_size=1200), some.floats(0, 2), some.sampled_from(LINES), some.booleans())
def test_any_sound_is_read(data: bytes, gain: float, text: str, broken: bool) -> None:
    wave = (np.frombuffer(data, np.int8).astype(np.float32) / 128 * gain).repeat(20)
    if broken and len(wave):
        wave[:: max(1, len(wave) // 3)] = np.nan
    reading = ears.read(wave, text)

    assert all(fair(score) for score in reading.scores.values())
    assert 0 <= reading.speaking <= len(wave) / HEARING_RATE + 0.1


parts = some.dictionaries(
    some.sampled_from("abcd"),
    some.builds(lambda value, sure: Score(value, sure, 1), some.floats(0, 100), shares) | some.just(not_measured("x")),
)


@FEW
@given(parts, some.sampled_from("abcd"), some.floats(0, 100))
def test_a_better_part_makes_no_worse_whole_and_a_missing_one_only_widens_the_doubt(
    given_parts: dict[str, Score], name: str, more: float
) -> None:
    weights = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}
    whole = fuse(given_parts, weights)
    assert fair(whole)
    part = given_parts.get(name)
    if whole.value is None or part is None or part.value is None:
        return
    better = fuse({**given_parts, name: replace(part, value=max(part.value, more))}, weights)
    assert (better.value or 0) >= whole.value - 1e-9
    missing = fuse({**given_parts, name: not_measured("x")}, weights)
    assert missing.confidence <= whole.confidence + 1e-9
    low, high = min(p.value for p in given_parts.values() if p.value is not None), 100.0
    assert missing.value is None or low - 1e-9 <= missing.value <= high


@FEW
@given(some.floats(-50, 50), some.floats(-50, 50))
def test_bands_rise_then_stay_then_fall(x: float, y: float) -> None:
    low, high = sorted((x, y))
    assert 0 <= band(x, -9, 1, 4, 9) <= 100
    if high <= 4:
        assert band(low, -9, 1, 4, 9) <= band(high, -9, 1, 4, 9)
    if low >= 1:
        assert band(low, -9, 1, 4, 9) >= band(high, -9, 1, 4, 9)
    assert falling(low, 2, 6.5) >= falling(high, 2, 6.5)


@pytest.mark.parametrize("weights", [tone.WEIGHTS, words.WEIGHTS, words.POLITENESS])
def test_weights_sum_to_one(weights: dict[str, float]) -> None:
    assert sum(weights.values()) == pytest.approx(1)


def test_an_hour_of_silence_claims_nothing() -> None:
    """Nobody speaks, nobody is seen; the persona asks now and then."""
    asked: list[object] = [PersonaSpoke(Span(t, t + 3.0), "듣고 계세요?", 0) for t in range(0, 3600, 60)]
    told = report([*asked, *(nobody(t / 2) for t in range(7200))])

    assert told.status == "waiting"
    assert {score.value for score in told.scores.values()} == {None}
    assert all(score.reason for score in told.scores.values())


def test_somebody_else_in_the_picture_widens_the_doubt_and_lowers_nothing() -> None:
    def seen(faces: int) -> list[FaceReading]:
        return [face(number / 15, faces=faces if number % 2 else 1) for number in range(100 * 15)]

    alone, together = (report([*talk([QUESTION, PLAIN] * 5), *seen(faces)]).scores for faces in (1, 2))
    for name in ("posture", "gaze_listening"):
        assert together[name].value == alone[name].value
        assert together[name].confidence < alone[name].confidence


def test_evidence_is_a_moment_with_a_direction() -> None:
    told = report([*talk([QUESTION, PLAIN, EMPATHIC, PLAIN] * 4)])
    found = [moment for score in told.scores.values() for moment in score.evidence]

    assert found
    assert all(isinstance(one, Evidence) and one.direction in ("good", "improve") for one in found)
