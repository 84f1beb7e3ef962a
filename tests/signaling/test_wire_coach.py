"""signaling/wire_coach.py: readings, running scores and tips as the messages that signaling/wire.py documents."""

import json

import pytest

from analysis import words
from analysis.emotion import read as feel
from analysis.events import ExpressionReading, Tip
from analysis.face_state import FaceBaseline
from analysis.live_face import FaceMoment, LiveFace
from analysis.tips import TEXTS
from media.types import Span
from signaling import wire_coach
from tests.analysis.faces import film, nobody
from tests.analysis.talks import EMPATHIC, LINES, report, talk, voice, with_face


def data_of(message: str) -> dict:
    read = json.loads(message)
    assert read["type"] == "server-message"
    return read["data"]


def test_words_tell_the_polarity_first_and_all_eight_classes():
    span = Span(3.0, 5.0)
    text = f"{EMPATHIC} 저도 정말 즐거웠어요."
    told = data_of(wire_coach.words_of(words.read(text, span=span, turn=2), feel(text, span=span, turn=2)))
    assert (told["kind"], told["turn"], told["t0"], told["t1"]) == ("words", 2, 3.0, 5.0)
    assert next(iter(told["emotion"])) == "polarity"
    assert told["emotion"]["polarity"] == "긍정"
    assert len(told["emotion"]["probabilities"]) == 8
    assert {mention["kind"] for mention in told["mentions"]} >= {"backchannel", "feeling"}
    assert told["scores"]["empathy"]["value"] == 100
    assert told["levels"] == ["해요체"] * 3


def test_a_tone_without_scores_or_measures_says_null_and_no_zero():
    told = data_of(wire_coach.tone_of(voice(Span(1.0, 1.5), 1, 2)))
    assert told["measures"]["rate"] is None
    assert told["measures"]["pitch"] is not None


def test_running_scores_are_small_and_the_last_carry_the_contract():
    events = with_face(talk(LINES))
    running = wire_coach.feedback(report(events), 60.0)
    told = data_of(running)
    assert (told["final"], told["status"], told["report"]) == (False, "ready", None)
    assert len(running) < 3000
    assert set(told["scores"]) == {
        "total_score", "likability", "initiative", "tone", "concentration", "gaze_stability", "posture", "blinking",
    }  # fmt: skip
    last = data_of(wire_coach.feedback(report(events), 61.0, final=True))
    assert last["report"]["session_id"] == "s1"
    assert last["report"]["feedback"]["total_score"] == last["scores"]["total_score"]["value"]


def test_what_was_not_measured_is_null_with_its_reason():
    told = data_of(wire_coach.feedback(report(talk(LINES)), 60.0))
    assert told["scores"]["posture"] == {"value": None, "confidence": 0.0, "reason": "no_camera"}
    assert told["expression"] == {"value": None, "confidence": 0.0, "reason": "no_face"}
    assert told["scores"]["likability"]["value"] is not None


def test_a_face_is_told_with_its_expression_and_its_head_against_the_baseline():
    [reading] = film(1 / 15, 15, yaw=lambda t: 4.0, pitch=lambda t: 6.0)
    own = FaceBaseline(4.0, 6.0, 5.0, 0.0, 60.0, 0.1, 0.1, True, 1.0)
    live = LiveFace(lambda: own)
    live.express(ExpressionReading(reading.t, "슬픔", 0.8, {"슬픔": 0.8, "중립": 0.2}, "face-api"))
    told = data_of(wire_coach.face(reading, live.see(reading), own))
    assert (told["found"], told["problem"], told["looking"]) == (True, None, True)
    assert told["head"]["pitch"] == pytest.approx(1.0, abs=0.5)
    assert list(told["expression"])[:2] == ["polarity", "label"]
    assert (told["expression"]["polarity"], told["expression"]["label"]) == ("부정", "슬픔")


def test_a_picture_without_a_face_tells_nothing_of_one():
    told = data_of(wire_coach.face(nobody(1.0), FaceMoment(1.0, 0), None))
    assert told["problem"] == "no_face"
    assert [told[name] for name in ("expression", "looking", "smile", "head")] == [None] * 4


def test_the_gate_is_a_notice_and_a_hint_is_a_tip():
    assert data_of(wire_coach.tip(Tip(9.0, "waiting", TEXTS["waiting"])))["kind"] == "notice"
    assert data_of(wire_coach.tip(Tip(9.0, "gaze", TEXTS["gaze"]))) == {
        "kind": "tip", "t": 9.0, "id": "gaze", "text": TEXTS["gaze"],
    }  # fmt: skip
