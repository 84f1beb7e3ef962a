"""signaling/wire.py: RTVI envelopes from events, and what a client may say."""

import json

import numpy as np
import pytest

from analysis.types import SpeechConfirmed, Utterance
from media.types import Span
from persona.types import DialogueFault, ReplyEnded, Said, StateChanged, TurnDelays
from signaling import wire

AT = "2026-11-22T12:00:00+00:00"


def told(event):
    return [json.loads(message) for message in wire.messages_of(event, AT)]


def test_a_recognised_turn_becomes_a_final_user_transcription():
    silence = np.zeros(0, np.float32)
    [message] = told(Utterance(Span(1.0, 2.5), "안녕하세요", 1, 0.9, 2.7, 2.9, silence))
    assert message["label"] == "rtvi-ai"
    assert message["type"] == "user-transcription"
    assert message["data"]["text"] == "안녕하세요"
    assert message["data"]["final"] is True
    assert message["data"]["timestamp"] == AT


def test_an_utterance_in_which_nothing_was_recognised_is_not_told():
    assert told(Utterance(Span(1.0, 2.5), "", 1, None, 2.7, 2.9, np.zeros(0, np.float32))) == []


def test_what_she_says_reaches_old_and_new_rtvi_clients_alike():
    kinds = [message["type"] for message in told(Said(3.0, 1, "반가워요."))]
    assert kinds == ["bot-transcription", "bot-tts-text", "bot-output"]


def test_a_cut_reply_tells_what_was_heard_of_it():
    [message] = told(ReplyEnded(Span(3.0, 4.0), 1, "저는 등산을 좋아해요.", "저는 등산을", True))
    assert message["type"] == "bot-stopped-speaking"
    assert message["data"] == {"turn": 1, "t": 4.0, "heard": "저는 등산을", "interrupted": True}


def test_delays_that_did_not_happen_are_left_out_and_never_zero():
    [message] = told(TurnDelays(5.0, 2, 0.3, 0.5, None, None, None))
    assert message["data"]["ttfb"] == [
        {"processor": "endpointing", "value": 0.3},
        {"processor": "recognition", "value": 0.5},
    ]


def test_our_own_kinds_ride_in_server_messages_and_faults_are_errors():
    [state] = told(StateChanged(1.0, "thinking"))
    assert (state["type"], state["data"]["kind"], state["data"]["state"]) == ("server-message", "state", "thinking")
    [state] = told(StateChanged(2.0, "speaking", "tender"))
    assert (state["data"]["state"], state["data"]["mood"]) == ("speaking", "tender")
    [fault] = told(DialogueFault(1.0, "llm_timeout", "nothing for 8 s"))
    assert fault["type"] == "error"
    assert fault["data"] == {
        "code": "llm_timeout",
        "error": "nothing for 8 s",
        "message": "nothing for 8 s",
        "fatal": False,
    }


def test_every_message_has_its_own_id():
    ids = {message["id"] for _ in range(50) for message in told(SpeechConfirmed(1.0, 0.7))}
    assert len(ids) == 50


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ('{"label":"rtvi-ai","id":"1","type":"client-ready","data":{"version":"2.1.0"}}', "ready"),
        ("ping: 1732", "ping"),
        ('{"label":"rtvi-ai","id":"1","type":"client-message","data":{"t":"ping"}}', "ping"),
        (
            '{"label":"rtvi-ai","id":"1","type":"client-message","data":{"t":"devices","d":{"auto_gain":true}}}',
            "devices",
        ),
        ('{"label":"rtvi-ai","id":"1","type":"client-message","data":{"t":"devices"}}', "devices"),
        ('{"label":"rtvi-ai","type":"client-message","data":{"t":"calibrate","d":{"state":"begin"}}}', "calibrate"),
        ('{"label":"rtvi-ai","type":"client-message","data":{"t":"calibrate","d":{"state":7}}}', "bad"),
        ('{"label":"rtvi-ai","type":"client-message","data":{"t":"calibrate"}}', "bad"),
        ('{"label":"rtvi-ai","id":"1","type":"client-message","data":{"t":"something-new"}}', "other"),
        ('{"label":"rtvi-ai","id":"1","type":"disconnect-bot","data":{}}', "bye"),
        ('{"label":"rtvi-ai","id":"1","type":"send-text","data":{"content":"안녕"}}', "text"),
        ('{"type":"signalling","message":{"type":"trackStatus"}}', "other"),
        ('{"label":"rtvi-ai","id":"1","type":"something-new"}', "other"),
        ("", "bad"),
        ("{", "bad"),
        ("[1,2]", "bad"),
        ('"text"', "bad"),
        ('{"label":"other","type":"client-ready"}', "bad"),
        ('{"label":"rtvi-ai","type":7}', "bad"),
        (b"\x00\x01", "bad"),
        ("x" * 20_000, "bad"),
        ('{"a":' * 5000, "bad"),
    ],
)
def test_a_client_may_say_anything_and_rubbish_is_named_not_raised(raw, kind):
    message = wire.read_client(raw)
    assert message.kind == kind
    assert bool(message.problem) == (kind == "bad")
