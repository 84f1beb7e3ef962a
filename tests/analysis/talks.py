"""Scripted calls with everything about them known: who said what when, in which voice, with which face."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from analysis import feedback, words
from analysis.events import PersonaSpoke
from analysis.feedback import FeedbackReport
from analysis.readings import Expected, ToneReading
from analysis.types import Utterance
from media.types import Span
from tests.analysis.faces import film

NOTHING = np.zeros(0, np.float32)
AT = dt.datetime(2026, 3, 2, 12, 30, tzinfo=dt.UTC)
HERS = "저는 주말마다 등산을 다녀요. 지난주에는 설악산에 올라갔는데 단풍이 정말 예뻤어요."
QUESTION = "와, 등산을 자주 다니세요?"
PLAIN = "저는 집에서 책을 읽었어요."
EMPATHIC = "그랬군요. 정말 좋으셨겠어요!"


def voice(span: Span, turn: int, syllables: int, spread: float = 2.5, uneven: float = 1.0) -> ToneReading:
    """A turn's voice: semitones of pitch variation, dB of unevenness."""
    random = np.random.default_rng(turn)
    voiced = 0.7 * span.seconds
    hz = 200 * 2 ** (random.normal(0, spread, round(voiced / 0.016)) / 12)
    levels = -25 + random.normal(0, uneven, max(1, int(span.seconds)))
    return ToneReading(
        span=span, turn=turn, measured=span.seconds, speaking=span.seconds, voiced=voiced,
        pitch=hz.astype(np.float32), levels=levels.astype(np.float32), level=float(levels.mean()),
        syllables=syllables, nuclei=syllables, pauses=(), trailing=1.0, final_rise=0.0, clipped=False,
    )  # fmt: skip


def talk(
    lines: Sequence[str],
    *,
    mine: float = 4.4,
    hers: float = 3.6,
    latency: float = 0.8,
    start: float = 0.0,
    microphone: bool = True,
    her_line: str = HERS,
    expected: Expected = "존댓말",
) -> list[object]:
    """She speaks `hers` s, the person answers after `latency` s and speaks `mine` s, she waits .7 s; and so on."""
    events: list[object] = []
    t = start
    for turn, line in enumerate(lines, 1):
        events.append(PersonaSpoke(Span(t, t + hers), her_line, turn - 1))
        t += hers + latency
        span = Span(t, t + mine) if microphone else Span(t, t)
        events.append(Utterance(span, line, turn, 0.9, span.end + 0.3, span.end + 0.5, NOTHING))
        events.append(words.read(line, span=span, turn=turn, said_before=her_line, expected=expected))
        if microphone:
            events.append(voice(span, turn, syllables=round(4.4 * mine)))
        t += mine + 0.7
    return events


def end(events: Sequence[object]) -> float:
    return max(event.t for event in events)


def with_face(events: list[object], start: float = 0.0, **how: object) -> list[object]:
    return [*events, *film(end(events) - start + 1, start=start, **how)]


def report(events: Sequence[object], **more: object) -> FeedbackReport:
    return feedback.build_feedback(events, session_id="s1", user_id="u1", created_at=AT, **more)


LINES = [QUESTION, PLAIN, EMPATHIC, PLAIN] * 5
