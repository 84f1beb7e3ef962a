"""signaling/record.py: what is kept of a call comes back as it was, and an hour of it stays small."""

from __future__ import annotations

import json
import sys

import numpy as np

from analysis.emotion import read as feel
from analysis.events import Calibrated, ExpressionReading, GainControl, Tip, VoiceCalibrated
from analysis.face_track import FaceStretch, measure
from analysis.readings import EMOTIONS, VoiceBaseline
from analysis.types import AnalyzerFault, FaceReading, Utterance
from media.types import Span
from persona.types import StateChanged
from signaling.record import KINDS, from_record, from_records, kept, to_record
from storage import TimelineChunk
from tests.analysis.faces import film
from tests.analysis.talks import LINES, report, talk

HOUR = 3600


def example() -> list[object]:
    """A talk with a face, and every other kind of event that a call keeps."""
    events = talk(LINES)
    faces = film(120, 15)
    events += [FaceStretch.of(measure(faces[at : at + 45])) for at in range(0, len(faces), 45)]
    for number in range(360):
        shares = dict.fromkeys(EMOTIONS, 0.05) | {"기쁨": 0.65}
        events.append(ExpressionReading(number / 3, "기쁨", 0.65, shares, "face-api"))
    events.append(feel(LINES[2], span=Span(1, 2), turn=1))
    events.append(Calibrated(Span(0.0, 4.0)))
    events.append(VoiceCalibrated(Span(0.5, 3.0), VoiceBaseline(200.1234567, 2.0, -20.0, None, 2.5)))
    events.append(GainControl(0.1, True))
    events.append(Tip(30.0, "gaze", "화면 속 상대를 바라봐요"))
    events.append(AnalyzerFault(31.0, "face", "analyzer_failed", "no memory"))
    return events


def test_a_report_made_from_what_was_stored_is_the_same_to_the_last_digit():
    events = example()
    assert {type(event) for event in events} == set(KINDS.values())
    records = tuple(to_record(event) for event in events)
    chunk = TimelineChunk(call_id="c", seq=0, session_id="s", user_id="u", events=records)
    again = from_records(TimelineChunk.model_validate_json(chunk.model_dump_json()).events)
    assert len(again) == len(events)
    assert report(again).document() == report(events).document()
    assert report(again).scores == report(events).scores


def test_every_event_comes_back_as_it_was():
    for event in example():
        back = from_record(json.loads(json.dumps(to_record(event))))
        assert back == event
        if isinstance(event, FaceStretch):
            assert np.array_equal(back.values, event.values, equal_nan=True)


def test_no_sound_and_no_landmarks_are_kept():
    sound = Utterance(Span(0, 1), "네", 1, 0.9, 1.1, 1.2, np.ones(16_000, np.float32), (Span(0.2, 0.3),))
    assert len(kept(sound).samples) == 0
    assert kept(sound) == sound
    assert sys.getsizeof(json.dumps(to_record(sound))) < 400
    [face] = film(1 / 15, 15)
    assert isinstance(face, FaceReading)
    assert kept(face) is None
    assert to_record(face) is None
    assert to_record(StateChanged(1.0, "thinking")) is None


def test_an_hour_of_a_face_is_some_megabytes():
    minute = film(60, 15)
    stretches = [FaceStretch.of(measure(minute[at : at + 45])) for at in range(0, len(minute), 45)]
    stored = sum(len(json.dumps(to_record(stretch))) for stretch in stretches)
    assert stored * 60 < 4.5e6
    assert sum(stretch.values.nbytes for stretch in stretches) * 60 < 3.1e6
    whole = sum(face.landmarks.nbytes for face in minute) * 60
    assert whole > 300e6


def test_what_a_newer_release_wrote_is_passed_over():
    good = to_record(Calibrated(Span(0.0, 4.0)))
    strange = [{"kind": "aura", "t": 1}, {}, {**good, "span": "soon"}, {"kind": "faces", "values": {"float32": "?"}}]
    assert from_records([*strange, good]) == [Calibrated(Span(0.0, 4.0))]
