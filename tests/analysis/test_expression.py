"""Expressions over time: smoothed scores, labels that hold, contempt by asymmetry, and what may be said of a call."""

from __future__ import annotations

import pytest

from analysis import expression
from analysis.events import ExpressionReading
from analysis.readings import EMOTIONS, Emotion
from media.types import Span
from tests.analysis.faces import CALM, film, nobody


def shown(t: float, label: Emotion, p: float = 0.95) -> ExpressionReading:
    rest = (1 - p) / 7
    return ExpressionReading(t, label, p, {one: p if one == label else rest for one in EMOTIONS}, "test")


def call(*parts: tuple[float, Emotion], rate: float = 3.0) -> list[ExpressionReading]:
    """(seconds, label) one after another."""
    readings, t = [], 0.0
    for seconds, label in parts:
        for _ in range(round(seconds * rate)):
            readings.append(shown(t, label))
            t += 1 / rate
    return readings


def test_one_odd_picture_changes_neither_score_nor_label() -> None:
    smoother = expression.Smoother()
    for reading in [*call((5, "기쁨")), shown(5.0, "분노")]:
        smoother.add(reading)
    assert smoother.label == "기쁨"
    assert smoother.probabilities["기쁨"] > 0.7


def test_a_change_that_stays_is_shown_within_three_seconds() -> None:
    smoother, labels = expression.Smoother(), []
    for reading in call((5, "슬픔"), (5, "기쁨")):
        smoother.add(reading)
        labels.append((reading.t, smoother.label))
    changed = next(t for t, label in labels if label == "기쁨")
    assert 5.6 < changed < 8
    assert {label for t, label in labels if t >= changed} == {"기쁨"}


def test_a_label_between_two_feelings_does_not_flicker() -> None:
    smoother, labels = expression.Smoother(), []
    for number in range(60):
        smoother.add(shown(number / 3, "기쁨" if number % 2 else "중립", 0.6))
        labels.append(smoother.label)
    assert len(set(labels[6:])) == 1


def test_after_a_hole_the_past_is_forgotten() -> None:
    smoother = expression.Smoother()
    for reading in call((5, "슬픔")):
        smoother.add(reading)
    smoother.add(shown(60.0, "기쁨"))
    assert smoother.probabilities["기쁨"] > 0.9


def test_the_probabilities_stay_probabilities() -> None:
    smoother = expression.Smoother()
    for reading in call((3, "슬픔"), (1, "기쁨"), (2, "놀람")):
        assert sum(smoother.add(reading).values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("parts", "impression"),
    [
        ([(60, "중립")], "중립"),
        ([(40, "중립"), (20, "기쁨")], "긍정적"),
        ([(40, "중립"), (20, "슬픔")], "부정적"),
        ([(30, "기쁨"), (20, "슬픔"), (10, "중립")], "긍정적"),
        ([(55, "중립"), (8, "분노")], "중립"),
        ([(20, "중립"), (20, "놀람"), (20, "중립")], "중립"),
        ([(20, "슬픔"), (20, "분노"), (20, "경멸")], "부정적"),
    ],
)
def test_a_call_is_negative_only_where_a_fifth_of_it_was(parts: list, impression: str) -> None:
    summary = expression.summarise(call(*parts))
    assert summary.impression == impression
    assert summary.reason is None


def test_under_half_a_minute_nothing_is_said() -> None:
    assert expression.summarise(call((20, "슬픔"))).reason == "too_little_face"
    assert expression.summarise([]).reason == "no_face"


def test_dropped_pictures_change_the_count_and_not_the_impression() -> None:
    whole = call((40, "중립"), (30, "기쁨"))
    some = expression.summarise([one for number, one in enumerate(whole) if number % 2])
    assert some.impression == expression.summarise(whole).impression == "긍정적"
    assert some.shares["긍정적"] == pytest.approx(expression.summarise(whole).shares["긍정적"], abs=0.05)


def test_the_best_moment_is_the_evidence() -> None:
    (moment,) = expression.summarise(call((40, "중립"), (30, "기쁨"))).evidence
    assert moment.t0 > 43
    assert moment.direction == "good"


def test_a_turns_expression_is_the_mean_of_its_pictures() -> None:
    readings = call((5, "슬픔"), (5, "기쁨"))
    half = expression.during(readings, Span(4.0, 5.9))
    assert half is not None
    assert half["슬픔"] == pytest.approx(half["기쁨"])
    assert sum(half.values()) == pytest.approx(1)
    assert expression.during(readings, Span(20.0, 25.0)) is None


def test_contempt_is_one_corner_of_the_mouth() -> None:
    one_sided = {**CALM, "mouthSmileLeft": 0.35, "mouthDimpleLeft": 0.3}
    mirrored = {**CALM, "mouthSmileRight": 0.35, "mouthDimpleRight": 0.3}
    broad = {**CALM, "mouthSmileLeft": 0.9, "mouthSmileRight": 0.6}
    assert expression.contempt(one_sided) == expression.contempt(mirrored) > 0.5
    assert expression.contempt(CALM) == 0
    assert expression.contempt(broad) == 0


def test_seven_classes_become_eight_and_eight_stay_as_they_are() -> None:
    seven: dict[Emotion, float] = {"중립": 0.6, "기쁨": 0.4, "슬픔": 0, "분노": 0, "두려움": 0, "혐오": 0, "놀람": 0}
    scorn = {**CALM, "mouthSmileLeft": 0.35, "mouthDimpleLeft": 0.3}
    fused = expression.read(1.0, seven, "seven", scorn)
    assert fused.label == "경멸"
    assert sum(fused.probabilities.values()) == pytest.approx(1)
    assert fused.probabilities["중립"] / fused.probabilities["기쁨"] == pytest.approx(1.5)
    eight: dict[Emotion, float] = {**seven, "경멸": 0.0}
    assert expression.read(1.0, eight, "eight", scorn).label == "중립"


def test_without_a_model_a_smile_is_joy_and_a_calm_face_neutral() -> None:
    calm = expression.without_model(film(40))
    glad = expression.without_model(film(40, smile=0.8))
    assert len(calm) == pytest.approx(120, abs=2)  # three a second, not fifteen
    assert {one.label for one in calm} == {"중립"}
    assert {one.label for one in glad} == {"기쁨"}
    assert expression.without_model([nobody(0.0)]) == []
    assert expression.summarise(glad).confidence < expression.summarise(call((40, "기쁨"))).confidence
