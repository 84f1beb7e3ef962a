"""Turn-taking by script: stretches of sound go in as (seconds, speech probability), events come out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.turn_taking import Paused, Resumed, TurnEvent, TurnSettings, TurnTaker
from analysis.types import SpeechConfirmed, SpeechDismissed, SpeechStarted, SpeechStopped

FRAME = 0.032  # s
SPEECH, SILENCE, LOST = 0.95, 0.02, None
Stretch = tuple[float, float | None]  # s, probability (None: lost)


class Script:
    """Plays stretches to a `TurnTaker` and keeps what it says."""

    def __init__(self, settings: TurnSettings | None = None) -> None:
        self.taker = TurnTaker(settings)
        self.events: list[TurnEvent] = []
        self.frames = 0

    @property
    def now(self) -> float:
        return self.frames * FRAME

    def play(self, *stretches: Stretch, persona_speaking: bool = False) -> list[TurnEvent]:
        new: list[TurnEvent] = []
        for seconds, probability in stretches:
            for _ in range(round(seconds / FRAME)):
                start = self.now
                self.frames += 1
                new += self.taker.step(
                    start, self.now, probability or 0.0, lost=probability is None, persona_speaking=persona_speaking
                )
        self.events += new
        return new

    def pause(self) -> Paused:
        return next(event for event in reversed(self.events) if isinstance(event, Paused))


def names(events: Iterable[TurnEvent]) -> str:
    return " ".join(type(event).__name__.removeprefix("Speech") for event in events)


@pytest.mark.parametrize(
    ("stretches", "expected"),
    [
        pytest.param([(60, SILENCE)], "", id="silence is nothing"),
        pytest.param([(1, SILENCE), (0.064, SPEECH), (2, SILENCE)], "", id="a click is nothing"),
        pytest.param([(0.096, SPEECH), (2, SILENCE)], "Started Dismissed", id="a short noise is dismissed"),
        pytest.param([(0.3, SPEECH), (3, SILENCE)], "Started Confirmed Paused Stopped", id="a lone 네 is a turn"),
        pytest.param([(2, 0.6), (3, SILENCE)], "Started Dismissed", id="a hum that is never surely speech"),
        pytest.param([(2, 0.45), (3, SILENCE)], "", id="under the onset threshold"),
        pytest.param(
            [(0.3, SPEECH), (0.5, 0.4), (3, SILENCE)],
            "Started Confirmed Paused Stopped",
            id="hysteresis: a weak ending belongs to the speech",
        ),
        pytest.param(
            [(1, SPEECH), (0.16, SILENCE), (1, SPEECH), (3, SILENCE)],
            "Started Confirmed Paused Stopped",
            id="the closure of a consonant is no pause",
        ),
        pytest.param(
            [(1, SPEECH), (0.6, SILENCE), (1, SPEECH), (3, SILENCE)],
            "Started Confirmed Paused Resumed Paused Stopped",
            id="without an answer, speech resumes within the longest silence",
        ),
        pytest.param(
            [(1, SPEECH), (0.6, SILENCE), (0.064, SPEECH), (3, SILENCE)],
            "Started Confirmed Paused Stopped",
            id="a breath does not resume",
        ),
    ],
)
def test_without_any_answer_silence_decides(stretches: list[Stretch], expected: str) -> None:
    script = Script()
    script.play(*stretches)
    assert names(script.events) == expected


def test_times_are_those_of_the_speech_and_not_of_the_decision() -> None:
    script = Script()
    script.play((0.96, SILENCE), (1.6, SPEECH), (2, SILENCE))
    started, confirmed, paused, stopped = script.events
    assert isinstance(started, SpeechStarted)
    assert isinstance(confirmed, SpeechConfirmed)
    assert isinstance(paused, Paused)
    assert isinstance(stopped, SpeechStopped)
    assert started.t == confirmed.onset == pytest.approx(0.96)
    assert paused.t == stopped.t == pytest.approx(2.56)
    assert stopped.decided_at == pytest.approx(2.56 + script.taker.settings.max_silence, abs=FRAME)
    assert stopped.complete is None


def test_a_turn_that_sounds_over_and_has_words_ends_at_once() -> None:
    script = Script()
    script.play((1.5, SPEECH), (0.45, SILENCE))
    number = script.pause().number
    assert script.taker.verdict(1.96, 0.9, number) == []
    (stopped,) = script.taker.words(2.1, None, number)
    assert isinstance(stopped, SpeechStopped)
    assert stopped.decided_at == 2.1
    assert stopped.complete == 0.9
    assert names(script.play((3, SILENCE))) == ""


def test_a_breath_between_two_sentences_does_not_end_the_turn_however_fast_the_answers() -> None:
    script = Script()
    script.play((1, SPEECH), (0.24, SILENCE))
    number = script.pause().number
    assert script.taker.verdict(1.25, 0.99, number) == script.taker.words(1.25, True, number) == []
    assert names(script.play((1, SPEECH))) == "Resumed"


def test_a_whole_sentence_ends_soon_although_it_sounded_open() -> None:
    script = Script()
    script.play((0.6, SPEECH), (0.24, SILENCE))
    number = script.pause().number
    assert script.taker.verdict(0.9, 0.05, number) == script.taker.words(0.95, True, number) == []
    assert names(script.play((0.5, SILENCE))) == "Stopped"
    assert script.now < 0.6 + script.taker.settings.max_silence


def test_an_open_clause_keeps_the_floor_longer_although_it_sounded_over() -> None:
    script = Script()
    script.play((1, SPEECH), (0.24, SILENCE))
    number = script.pause().number
    assert script.taker.verdict(1.3, 0.99, number) == script.taker.words(1.4, False, number) == []
    assert names(script.play((1.3, SILENCE))) == ""
    assert names(script.play((0.5, SILENCE))) == "Stopped"


def test_an_answer_about_an_earlier_pause_changes_nothing() -> None:
    for stale_sound in (True, False):
        script = Script()
        script.play((1, SPEECH), (0.3, SILENCE))
        first = script.pause().number
        assert names(script.play((0.5, SPEECH))) == "Resumed"
        assert script.taker.verdict(1.9, 0.99, first) == script.taker.words(1.9, True, first) == []
        script.play((0.3, SILENCE))
        # One stale and one fresh answer, which together would end the turn if both were about this pause.
        script.taker.verdict(2.2, 0.99, first if stale_sound else first + 1)
        script.taker.words(2.2, None, first + 1 if stale_sound else first)
        assert names(script.play((0.5, SILENCE))) == ""


def test_over_the_persona_a_lone_yes_is_dismissed_and_a_sentence_takes_the_floor() -> None:
    script = Script()
    assert names(script.play((0.3, SPEECH), (2, SILENCE), persona_speaking=True)) == "Started Dismissed"
    assert names(script.play((0.6, SPEECH), persona_speaking=True)) == "Started Confirmed"
    confirmed = script.events[-1]
    assert isinstance(confirmed, SpeechConfirmed)
    assert confirmed.t - confirmed.onset == pytest.approx(script.taker.settings.confirm_over_persona, abs=FRAME)


def test_a_yes_that_begins_over_her_last_word_is_an_answer() -> None:
    script = Script()
    script.play((0.2, SPEECH), persona_speaking=True)
    assert names(script.play((0.1, SPEECH), (2, SILENCE))) == "Confirmed Paused Stopped"


def test_a_ticking_noise_never_takes_the_floor() -> None:
    script = Script()
    for _ in range(20):
        script.play((0.096, SPEECH), (0.224, SILENCE), persona_speaking=True)
    script.play((2, SILENCE))
    assert {type(event) for event in script.events} == {SpeechStarted, SpeechDismissed}


def test_speech_is_heard_over_a_hum_that_was_dismissed() -> None:
    script = Script()
    assert names(script.play((20, 0.6))) == "Started Dismissed"
    assert names(script.play((1, SPEECH), (3, SILENCE))) == "Started Confirmed Paused Stopped"


def test_lost_sound_is_neither_speech_nor_silence() -> None:
    script = Script()
    assert names(script.play((1, SPEECH), (0.48, LOST), (0.5, SPEECH))) == "Started Confirmed"


def test_a_connection_that_stays_lost_ends_the_turn() -> None:
    script = Script()
    assert names(script.play((1, SPEECH), (1.5, LOST))) == "Started Confirmed Paused"
    assert names(script.play((1, LOST))) == "Stopped"


def test_an_endless_talker_is_cut_and_heard_again() -> None:
    script = Script(TurnSettings(max_turn=5.0))
    assert names(script.play((11, SPEECH))) == "Started Confirmed Stopped Started Confirmed Stopped Started Confirmed"


def test_when_the_microphone_goes_the_open_turn_is_finished() -> None:
    script = Script()
    script.play((1, SPEECH))
    (stopped,) = script.taker.flush(script.now)
    assert isinstance(stopped, SpeechStopped)
    assert stopped.t == pytest.approx(script.now)
    assert script.taker.flush(script.now) == []


@given(
    st.lists(
        st.tuples(st.floats(0.03, 2), st.one_of(st.none(), st.sampled_from([0.0, 0.3, 0.4, 0.6, 0.99])), st.booleans()),
        max_size=40,
    ),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from([True, False, None])), max_size=40),
)
def test_every_start_has_exactly_one_end(
    stretches: list[tuple[float, float | None, bool]], answers: list[tuple[float, bool | None]]
) -> None:
    script = Script()
    left = iter(answers)
    for seconds, probability, speaking in stretches:
        for event in script.play((seconds, probability), persona_speaking=speaking):
            if isinstance(event, Paused) and (answer := next(left, None)):
                script.events += script.taker.verdict(script.now, answer[0], event.number)
                script.events += script.taker.words(script.now, answer[1], event.number)
    script.events += script.taker.flush(script.now)
    open_, confirmed, paused, last = False, False, False, 0.0
    for event in script.events:
        match event:
            case SpeechStarted():
                assert not open_
                assert event.t >= last - 1e-9
                open_ = True
            case SpeechConfirmed():
                assert open_
                assert not confirmed
                confirmed = True
            case Paused():
                assert confirmed
                assert not paused
                paused = True
            case Resumed():
                assert paused
                paused = False
            case SpeechDismissed():
                assert open_
                assert not confirmed
                open_, last = False, event.t
            case SpeechStopped():
                assert confirmed
                open_ = confirmed = paused = False
                last = event.t
    assert not open_
