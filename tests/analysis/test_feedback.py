"""The report on scripted calls: counts exact, scores that move the right way, nothing claimed that was not measured."""

from __future__ import annotations

import json

import pytest

from analysis import feedback, tone
from analysis.conversation_scores import topic_starts
from analysis.events import Calibrated, ExpressionReading, GainControl, PersonaSpoke, VoiceCalibrated
from analysis.face_track import FaceStretch, measure
from analysis.feedback import CONTRACT, PARTS, highlights, leaf_weights
from analysis.feedback_text import PHRASES, WAITING
from analysis.readings import EMOTIONS, Score, VoiceBaseline, WordReading, not_measured
from analysis.types import AnalyzerFault, FaceReading, Utterance
from media.types import Span
from tests.analysis.faces import film, nobody
from tests.analysis.talks import EMPATHIC, HERS, LINES, NOTHING, PLAIN, QUESTION, end, report, talk, with_face


def value(events: list[object], name: str) -> float:
    found = report(events).scores[name].value
    assert found is not None
    return found


def test_17_a_scripted_dialogue_is_counted_exactly() -> None:
    """10 questions, 55 % share, .8 s latency."""
    told = report(talk([QUESTION, PLAIN] * 10, mine=4.4, hers=3.6, latency=0.8))
    assert told.measures["turns"] == 20
    assert told.measures["questions"] == 10
    assert told.measures["follow_ups"] == 10
    assert told.measures["talk_share"] == pytest.approx(0.55, abs=0.02)
    assert told.measures["latency"] == pytest.approx(0.8, abs=0.01)
    assert told.measures["minutes"] == pytest.approx(end(talk([QUESTION, PLAIN] * 10)) / 60, abs=0.01)


def test_18_an_empathic_turn_raises_likability_and_fewer_questions_lower_it() -> None:
    base = [QUESTION, PLAIN, PLAIN, PLAIN] * 4
    assert value(talk([*base, EMPATHIC]), "likability") > value(talk([*base, PLAIN]), "likability")
    assert value(talk([*base, EMPATHIC]), "likability") > value(talk(base), "likability")
    silent = [PLAIN if line == QUESTION else line for line in base]
    assert value(talk(silent), "likability") < value(talk(base), "likability") - 10
    assert value(talk(silent), "initiative") < value(talk(base), "initiative") - 10


@pytest.mark.parametrize(
    ("better", "worse", "name"),
    [
        ({"mine": 4.4}, {"mine": 20.0}, "talk_share"),
        ({"mine": 4.4}, {"mine": 0.8}, "talk_share"),
        ({"latency": 0.5}, {"latency": 3.2}, "latency"),
    ],
)
def test_balance_and_quick_answers_are_better(better: dict, worse: dict, name: str) -> None:
    assert value(talk(LINES, **better), name) > value(talk(LINES, **worse), name) + 30
    assert value(talk(LINES, **better), "likability") > value(talk(LINES, **worse), "likability")


def test_반말_to_a_stranger_costs_the_level_and_is_shown() -> None:
    casual = report(talk(["나는 집에서 책 읽었어.", *LINES]))
    assert casual.scores["level_match"].value < report(talk(LINES)).scores["level_match"].value
    assert casual.scores["level_match"].evidence[0].quote == "나는 집에서 책 읽었어."


def test_each_turn_is_measured_by_what_was_agreed_by_then() -> None:
    before, after = talk(LINES[:4]), talk(["나는 집에서 책 읽었어."] * 4, start=60, expected="반말")
    assert report([*before, *after]).scores["level_match"].value == 100


def test_liveliness_is_only_compared_with_a_voice_from_another_moment() -> None:
    lively = talk(LINES)
    calm = VoiceBaseline(pitch=200.0, spread=1.0, level=-31.0, rate=3.6, voiced=20.0)
    calibrated = report([VoiceCalibrated(Span(-9, -5), calm), *lively]).scores["enthusiasm"]
    assert calibrated.confidence > report(lively).scores["enthusiasm"].confidence
    # Energy over the baseline says nothing where the browser levels the voice.
    levelled = report([GainControl(0.0, True), VoiceCalibrated(Span(-9, -5), calm), *lively])
    assert levelled.scores["enthusiasm"].confidence < calibrated.confidence
    assert levelled.scores["volume"].confidence == pytest.approx(report(lively).scores["volume"].confidence / 2)


def test_what_is_kept_of_a_face_makes_the_same_report() -> None:
    seen = with_face(talk(LINES))
    faces = [event for event in seen if isinstance(event, FaceReading)]
    parts = [FaceStretch.of(measure(faces[at : at + 45])) for at in range(0, len(faces), 45)]
    kept = [*(event for event in seen if not isinstance(event, FaceReading)), *parts]
    shown = [ExpressionReading(t / 3, "중립", 1.0, {"중립": 1.0}, "m") for t in range(300)]
    once, again = report([*seen, *shown]), report([*kept, *shown])
    for name, score in once.scores.items():  # a picture on a turn's very edge may fall to its other side
        assert again.scores[name].value == pytest.approx(score.value, abs=0.3), name
        assert again.scores[name].confidence == pytest.approx(score.confidence, abs=0.005), name


@pytest.mark.parametrize("turns", [0, 1])
def test_before_two_turns_nothing_is_claimed(turns: int) -> None:
    told = report(with_face([PersonaSpoke(Span(0, 60), HERS, 0), *talk(LINES[:turns], start=61)]))
    assert told.status == "waiting"
    assert told.summary == WAITING
    assert {score.value for score in told.scores.values()} == {None}
    assert {score.reason for score in told.scores.values()} == {"too_few_turns"}
    assert told.expression.impression is None
    assert (told.strength, told.improvement) == (None, None)


def test_an_empty_timeline_and_unknown_events_are_no_trouble() -> None:
    assert report([]).status == "waiting"
    strange = [AnalyzerFault(1.0, "face", "x", "y"), object(), None]
    assert report([*talk(LINES), *strange]).document() == report(talk(LINES)).document()


def test_19_without_a_camera_all_else_is_unchanged() -> None:
    events = talk(LINES)
    seen, unseen = report(with_face(events)), report(events)
    face = ("gaze_stability", "posture", "blinking", "smile", "presence")
    assert all(unseen.scores[name].reason == "no_camera" for name in face)
    assert unseen.expression.reason == "no_face"
    for name in ("tone", "questions", "empathy", "talk_share", "latency", "level_match", "initiative", "word_choice"):
        assert unseen.scores[name].value == seen.scores[name].value, name
    assert unseen.scores["concentration"].value is None  # a quarter of its weight is no concentration
    assert unseen.status == "ready"
    assert unseen.scores["total_score"].confidence < seen.scores["total_score"].confidence


def test_19_with_the_microphone_muted_and_lines_typed_the_face_is_unchanged() -> None:
    spoken, typed = report(with_face(talk(LINES))), report(with_face(talk(LINES, mine=4.4, microphone=False)))
    assert typed.scores["tone"].reason == "too_little_speech"
    for name in ("talk_share", "latency"):
        assert typed.scores[name].value is None
        assert typed.scores[name].reason
    assert typed.scores["posture"].value == pytest.approx(spoken.scores["posture"].value, abs=1)
    assert typed.scores["gaze_listening"].value == pytest.approx(spoken.scores["gaze_listening"].value, abs=1)
    assert typed.scores["level_match"].value == spoken.scores["level_match"].value
    alone = report(talk(LINES, microphone=False))
    assert alone.status == "partial"
    assert alone.scores["total_score"].value is None


def test_faces_that_were_never_found_are_no_bad_faces() -> None:
    events = talk(LINES)
    dark = report([*events, *(nobody(t / 5) for t in range(round(5 * end(events))))])
    assert dark.scores["gaze_stability"].reason == "no_face"
    assert dark.scores["total_score"].value == report(events).scores["total_score"].value


def test_holes_of_the_network_widen_the_doubt_and_lower_nothing() -> None:
    events = talk(LINES)
    holed = [
        Utterance(e.span, e.text, e.turn, e.confidence, e.decided_at, e.recognised_at, NOTHING,
                  gaps=(Span(e.span.start + 1, e.span.start + 2),))
        if isinstance(e, Utterance) else e
        for e in events
    ]  # fmt: skip
    whole, some = report(events), report(holed)
    for name in ("questions", "talk_share", "latency", "likability", "initiative", "total_score"):
        assert some.scores[name].value == whole.scores[name].value
        assert some.scores[name].confidence < whole.scores[name].confidence


def test_15_an_hour_later_the_report_is_the_same() -> None:
    early, late = report(with_face(talk(LINES))), report(with_face(talk(LINES, start=3600.0), start=3600.0))
    for name, score in early.scores.items():
        assert late.scores[name].value == (score.value and pytest.approx(score.value, abs=1)), name


def test_15_pictures_seen_twice_change_no_score() -> None:
    events = with_face(talk(LINES))
    twice = [*events, *(event for event in events if isinstance(event, FaceReading))]
    again = report(twice).scores
    for name, score in report(events).scores.items():
        assert again[name].value == (score.value and pytest.approx(score.value, abs=1)), name


def test_the_order_of_the_events_does_not_matter() -> None:
    events = with_face(talk(LINES))
    faces = [event for event in events if isinstance(event, FaceReading)]
    others = [event for event in events if not isinstance(event, FaceReading)]
    assert report([*faces[::-1], *others]).document() == report(events).document()


def test_21_the_document_is_the_contract() -> None:
    document = report(with_face(talk(LINES))).document()
    assert set(document) == {"session_id", "user_id", "feedback", "created_at"}
    told = document["feedback"]
    for name in (*CONTRACT, "total_score"):
        assert isinstance(told[name], int), name
        assert 0 <= told[name] <= 100
        entry = told["metrics"][name]
        assert entry["value"] == told[name]
        assert set(entry) == {"value", "reason", "confidence", "n", "evidence"}
        assert 0 <= entry["confidence"] <= 1
    assert told["expression"] in ("긍정적", "중립", "부정적")
    assert told["status"] == "ready"
    assert json.loads(json.dumps(document, ensure_ascii=False)) == document
    assert document["created_at"] == "2026-03-02T12:30:00+00:00"


def test_every_null_has_its_reason_and_every_value_none() -> None:
    for events in ([], talk(LINES[:2]), talk(LINES), with_face(talk(LINES)), with_face(talk(LINES[:3]))):
        for name, entry in report(events).document()["feedback"]["metrics"].items():
            assert (entry["value"] is None) == (entry["reason"] is not None), name


def test_21_the_weights_sum_to_one_and_every_part_has_its_words() -> None:
    scores = report(with_face(talk(LINES))).scores
    for name, parts in PARTS.items():
        assert sum(parts.values()) == pytest.approx(1), name
        assert set(parts) <= set(scores)
    leaves = {part for parts in PARTS.values() for part in parts} - set(PARTS)
    assert leaves == set(PHRASES)
    assert sum(leaf_weights(scores).values()) == pytest.approx(1)


def test_the_total_is_the_weighted_sum_of_its_leaves() -> None:
    for events in (with_face(talk(LINES)), talk(LINES)):
        scores = report(events).scores
        total = sum(weight * scores[name].value for name, weight in leaf_weights(scores).items())
        assert scores["total_score"].value == pytest.approx(total)


def test_what_to_try_is_what_would_raise_the_total_most() -> None:
    scores = dict(report(with_face(talk(LINES))).scores)
    for name, worst in (("questions", 0.0), ("pitch", 0.0), ("gaze_listening", 0.0)):
        changed = {part: Score(90.0, 1.0, 5) if part in PHRASES else score for part, score in scores.items()}
        changed[name] = Score(worst, 1.0, 5)
        strength, improvement = highlights(changed)
        assert improvement is not None
        assert improvement.metric == name
        raised = {**changed, name: Score(100.0, 1.0, 5)}
        gain = sum(w * (raised[leaf].value - changed[leaf].value) for leaf, w in leaf_weights(changed).items())
        assert improvement.gain == pytest.approx(gain)
        assert strength is not None
        assert strength.metric != name


def test_what_was_not_measured_is_never_named() -> None:
    strength, improvement = highlights(report(talk(LINES)).scores)
    assert strength is not None
    assert "gaze" not in strength.metric
    assert improvement is None or "gaze" not in improvement.metric
    nothing = {name: not_measured("x") for name in {*PARTS, *(part for parts in PARTS.values() for part in parts)}}
    assert highlights(nothing) == (None, None)


def test_a_good_question_is_quoted_with_its_moment() -> None:
    told = report(talk([PLAIN, QUESTION, *LINES]))
    moment = told.scores["questions"].evidence[0]
    assert moment.quote == QUESTION
    assert moment.direction == "good"
    (utterance,) = [e for e in talk([PLAIN, QUESTION, *LINES]) if isinstance(e, Utterance) and e.turn == 2]
    assert (moment.t0, moment.t1) == (utterance.span.start, utterance.span.end)


def test_every_measured_part_shows_the_moments_that_made_it() -> None:
    crooked = film(
        end(talk(LINES)) + 1,
        roll=lambda t: 20.0 if 60 < t < 75 else 0.0,
        smile=lambda t: 0.6 if t < 9 else 0.0,
        iris=lambda t: (0.2, 0.0) if 80 < t < 110 else (0.0, 0.0),
    )
    told = report([*talk(LINES, latency=2.2, mine=9.0), *crooked])
    # Measured, but nothing stood out; these voices' turns are scored nowhere (tests/analysis/test_tone.py shows them).
    calm = {"posture_sway", "posture_pitch", "posture_distance", "presence", "blinking", "warm_voice", *tone.WEIGHTS}
    for name in leaf_weights(told.scores):
        moments = told.scores[name].evidence
        assert moments or name in calm, name
        for moment in moments:
            assert moment.metric == name
            assert 0 <= moment.t0 <= moment.t1 <= end(talk(LINES, latency=2.2, mine=9.0)) + 1
    tilt = next(one for one in told.scores["posture_roll"].evidence if one.direction == "improve")
    assert (tilt.t0, tilt.t1, tilt.value) == pytest.approx((60, 75, 20), abs=0.3)


def test_a_chance_to_ask_on_that_was_missed_is_shown_where_she_told_it() -> None:
    told = report(talk([PLAIN] * 6))
    (missed,) = [one for one in told.scores["questions"].evidence if one.direction == "improve"]
    assert missed.quote is not None
    assert missed.quote in HERS
    assert missed.tip_id == "follow_up"
    assert not [one for one in report(talk([QUESTION] * 6)).scores["questions"].evidence if one.direction == "improve"]


def test_slow_answers_are_shown_with_their_seconds() -> None:
    slow = report(talk(LINES, latency=2.6)).scores["latency"].evidence
    assert [(one.direction, round(one.value, 1)) for one in slow] == [("improve", 2.6)]
    assert [one.direction for one in report(talk(LINES)).scores["latency"].evidence] == ["good"]


def test_the_summary_tells_numbers_and_that_they_are_for_practice() -> None:
    told = report(with_face(talk(LINES)))
    assert f"호감도 {round(told.scores['likability'].value)}" in told.summary
    assert "참고용 연습 지표예요" in told.summary
    for word in ("진단", "판정", "매력"):
        assert word not in told.summary


def test_an_expression_model_counts_before_the_rule() -> None:
    events = with_face(talk(LINES), smile=0.8)
    sad = {one: 0.93 if one == "슬픔" else 0.01 for one in EMOTIONS}
    shown = [ExpressionReading(t / 3, "슬픔", 0.93, sad, "a-model") for t in range(round(3 * end(events)))]
    assert report(events).document()["feedback"]["expression"] == "긍정적"
    assert report([*events, *shown]).document()["feedback"]["expression"] == "부정적"
    assert report([*events, *shown]).expression.model == "a-model"


def test_a_calibration_on_the_timeline_is_used() -> None:
    events = with_face(talk(LINES), yaw=lambda t: 40.0 if t < 10 else 0.0)
    lost, found = report(events), report([*events, Calibrated(Span(20.0, 23.0))])
    assert found.scores["gaze_listening"].value > lost.scores["gaze_listening"].value + 50


def test_an_answer_is_no_topic_start_and_news_is() -> None:
    asked = PersonaSpoke(Span(0, 2), "취미가 뭐예요?", 0)
    told = PersonaSpoke(Span(0, 2), "저는 등산을 다녀요.", 0)

    def started(before: PersonaSpoke, text: str) -> list[WordReading]:
        from analysis import words

        return topic_starts([words.read(text, span=Span(3, 5))], [before])

    assert started(asked, "기타를 쳐요.") == []
    assert started(told, "저도 등산을 다녀요.") == []
    assert len(started(told, "어제 영화를 봤어요.")) == 1
    assert len(started(asked, "혹시 강아지 키우세요?")) == 1


def test_more_evidence_makes_more_confidence() -> None:
    few, many = report(with_face(talk(LINES[:5]))), report(with_face(talk(LINES)))
    for name in ("likability", "initiative", "tone"):
        if few.scores[name].value is not None:
            assert few.scores[name].confidence < many.scores[name].confidence, name
    assert feedback.GATE == 2
