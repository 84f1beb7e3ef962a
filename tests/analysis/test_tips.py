"""Live tips: the right one at the right moment, seldom, and never into somebody's sentence."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from analysis import words
from analysis.events import Calibrated, PersonaSpoke, Tip
from analysis.tips import NOTICES, TEXTS, TipCoach, TipSettings
from analysis.types import SpeechDismissed, SpeechStarted, SpeechStopped, Utterance
from media.types import Span
from tests.analysis.faces import film, nobody
from tests.analysis.talks import EMPATHIC, HERS, NOTHING, PLAIN, QUESTION, end, talk, voice

GOOD = [QUESTION, EMPATHIC, PLAIN] * 8


def run(events: Iterable[object], coach: TipCoach | None = None, until: float | None = None, every: float = 0.5
        ) -> list[Tip]:  # fmt: skip
    """Replay a timeline through a coach that is asked twice a second."""
    coach = coach or TipCoach()
    waiting = sorted(events, key=lambda event: event.t)
    last = until if until is not None else waiting[-1].t + 2
    tips, number = [], 0
    for step in range(round(last / every)):
        now = step * every
        while number < len(waiting) and waiting[number].t <= now:
            coach.note(waiting[number])
            number += 1
        if (tip := coach.step(now)) is not None:
            tips.append(tip)
    return tips


def ids(tips: Iterable[Tip]) -> set[str]:
    return {tip.id for tip in tips}


def spoken_between(events: Iterable[object]) -> list[object]:
    """The same events with the microphone's own: speech started, stopped."""
    found = []
    for event in events:
        found.append(event)
        if isinstance(event, Utterance):
            found += [SpeechStarted(event.span.start), SpeechStopped(event.span.end, event.decided_at)]
    return found


def test_a_talk_with_everything_wrong_gets_tips_twenty_seconds_apart_and_the_same_only_after_ninety() -> None:
    events = [*talk(["나는 집에서 책 읽었어."] * 40), *film(300, roll=lambda t: 25.0 if t > 12 else 0.0)]
    tips = run(events, until=300)
    assert len(tips) > 8
    assert all(b.t - a.t >= 20 for a, b in itertools.pairwise(tips))
    for name in ids(tips):
        moments = [tip.t for tip in tips if tip.id == name]
        assert all(b - a >= 90 for a, b in itertools.pairwise(moments)), name
    assert {"casual_slip", "few_questions", "posture"} <= ids(tips)


def test_no_tip_falls_into_a_sentence() -> None:
    events = spoken_between(talk([PLAIN] * 30))
    spoken = [event.span for event in events if isinstance(event, Utterance)]
    tips = run(events, every=0.1)
    assert len(tips) > 3
    assert not any(span.start <= tip.t < span.end for tip in tips for span in spoken)


def test_while_she_speaks_there_is_silence_if_the_call_wants_it() -> None:
    events = spoken_between(talk([PLAIN] * 30))
    hers = [event.span for event in events if isinstance(event, PersonaSpoke)]
    coach, now = TipCoach(), [0.0]
    coach.persona_speaking = lambda: any(span.start <= now[0] < span.end for span in hers)
    waiting = sorted(events, key=lambda event: event.t)
    tips = []
    for step in range(2500):
        now[0] = step / 10
        while waiting and waiting[0].t <= now[0]:
            coach.note(waiting.pop(0))
        tips += [tip] if (tip := coach.step(now[0])) else []
    assert tips
    assert not any(span.start <= tip.t < span.end for tip in tips for span in hers)


def test_a_cough_or_a_lost_end_does_not_silence_tips_for_good() -> None:
    coach = TipCoach()
    coach.note(SpeechStarted(1.0))
    assert coach.step(2.0) is None
    coach.note(SpeechDismissed(2.5, 1.0))
    assert coach.step(3.0) is not None
    stuck = TipCoach()
    stuck.note(SpeechStarted(1.0))
    assert stuck.step(40.0) is not None


def test_before_two_turns_one_waits_and_is_told_so_once() -> None:
    tips = run(talk([PLAIN]), until=200)
    assert [tip.id for tip in tips] == ["waiting"]
    assert tips[0].text.startswith("실시간 꿀팁! AI와 대화를 2회 이상 나누면")


def test_who_talks_well_is_praised_and_not_corrected() -> None:
    tips = run([*talk(GOOD), *film(end(talk(GOOD)))])
    assert ids(tips) == {"waiting", "good"}


@pytest.mark.parametrize(
    ("lines", "how", "name"),
    [
        ([PLAIN] * 10, {}, "few_questions"),
        ([QUESTION, PLAIN] * 6, {}, "empathy"),
        (["나는 집에서 책 읽었어."] * 4, {}, "casual_slip"),
        (GOOD[:12], {"mine": 18.0}, "share_high"),
        (GOOD[:12], {"hers": 22.0, "mine": 2.0}, "share_low"),
        (["혹시 어떤 음식을 좋아하세요?", EMPATHIC, PLAIN] * 4, {}, "follow_up"),
    ],
)
def test_words_and_turns(lines: list[str], how: dict, name: str) -> None:
    assert name in ids(run(talk(lines, **how)))


@pytest.mark.parametrize(("syllables", "spread", "name"), [(44, 2.5, "fast"), (9, 2.5, "slow"), (22, 0.3, "flat")])
def test_the_voice(syllables: int, spread: float, name: str) -> None:
    events = [e for e in talk(GOOD) if type(e).__name__ != "ToneReading"]
    spans = [(e.span, e.turn) for e in events if isinstance(e, Utterance)]
    assert name in ids(run([*events, *(voice(span, turn, syllables, spread) for span, turn in spans)]))
    assert name not in ids(run(talk(GOOD)))


def test_looking_away_while_she_speaks_and_sitting_crooked() -> None:
    events = talk(GOOD)
    away = film(end(events), iris=lambda t: (0.2, 0.0) if t > 30 else (0.0, 0.0))
    assert "gaze" in ids(run([*events, *away]))
    crooked = film(end(events), roll=lambda t: 22.0 if t > 30 else 0.0)
    assert "posture" in ids(run([*events, *crooked]))
    assert not {"gaze", "posture"} & ids(run([*events, *film(end(events))]))


def test_a_calibration_moves_what_is_straight() -> None:
    events = talk(GOOD)
    tilted = film(end(events), roll=lambda t: 22.0 if t > 12 else 0.0)
    assert "posture" not in ids(run([*events, *tilted, Calibrated(Span(13.0, 16.0))]))


def test_a_dark_room_is_told_and_a_camera_that_is_off_is_not() -> None:
    events = talk(GOOD)
    dark = [nobody(t / 5) for t in range(round(5 * end(events)))]
    assert "no_face" in ids(run([*events, *dark]))
    assert "no_face" not in ids(run(events))
    off = film(20)  # and then no more pictures
    assert "no_face" not in ids(run([*events, *off]))


def test_agreed_반말_is_no_slip() -> None:
    coach = TipCoach()
    coach.expected = "반말"
    assert "casual_slip" not in ids(run(talk(["나는 집에서 책 읽었어."] * 6), coach))


def test_every_tip_is_short_polite_and_without_blame() -> None:
    for name, text in TEXTS.items():
        if name not in NOTICES:
            assert len(text) <= 18, name
        assert not any(word in text for word in ("진단", "판정", "매력", "틀렸", "못"))


def test_the_settings_are_seconds() -> None:
    quick = TipCoach(TipSettings(apart=5.0, same_apart=10.0))
    tips = run(talk([PLAIN] * 20), quick)
    assert len(tips) > len(run(talk([PLAIN] * 20)))
    utterance = Utterance(Span(0, 1), "네", 1, None, 1.1, 1.2, NOTHING)
    quick.note(utterance)
    quick.note(words.read("네", span=Span(0, 1)))
    quick.note(PersonaSpoke(Span(0, 0), HERS, 1))
    quick.note("what is this")
