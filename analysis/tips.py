"""When to give which live tip: one idea at a time, seldom, never while somebody is in the middle of a sentence.

Pure: events and times in, at most one tip out. It must not know the data channel or how a reading was measured.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis import exchange, gaze, posture, tone
from analysis.events import Calibrated, PersonaSpoke, Tip
from analysis.face_state import FaceState
from analysis.readings import Expected, ToneReading, WordReading
from analysis.types import FaceReading, SpeechDismissed, SpeechStarted, SpeechStopped, Utterance
from analysis.words import EMPATHIC
from media.types import Span

TEXTS = {
    "fast": "조금만 천천히 말해 볼까요?",
    "slow": "조금 더 경쾌하게 말해 봐요",
    "flat": "목소리에 리듬을 넣어 봐요",
    "quiet": "조금만 더 크게 말해 봐요",
    "trailing": "말끝까지 또렷하게!",
    "few_questions": "상대에게 하나 물어볼까요?",
    "follow_up": "방금 얘기, 더 물어봐요",
    "empathy": '"그랬군요" 한마디 어때요?',
    "share_high": "잠깐, 상대 얘기도 들어 봐요",
    "share_low": "내 얘기도 조금 들려줘요",
    "gaze": "화면 속 상대를 바라봐요",
    "posture": "어깨 펴고 편하게 앉아요",
    "casual_slip": "아직은 존댓말이 좋아요",
    "good": "좋아요, 질문이 자연스러워요!",
    "waiting": "실시간 꿀팁! AI와 대화를 2회 이상 나누면 자동으로 분석이 시작됩니다.",
    "no_face": "얼굴이 잘 안 보여요. 조명을 확인해 주세요",
}
NOTICES = ("waiting", "no_face")  # longer than a tip may be: they tell of the service, not of the person


@dataclass(frozen=True, slots=True)
class TipSettings:
    """Times in seconds."""

    apart: float = 20.0  # s between two tips
    same_apart: float = 90.0  # s between two of the same
    turns: int = 2  # of the person's before anything is said of them
    window: float = 60.0  # s that questions and shares are counted over
    blind: float = 8.0  # s without a face in pictures that do come
    looking: float = 15.0  # s that gaze and posture are judged over
    leaning: float = 8.0  # s of bad posture within them
    lost_turn: float = 30.0  # s after which a speaker whose end was never heard has ended
    quiet: float = -45.0  # dBFS, under which a voice is hard to hear


class TipCoach:
    """One call's. Give it every event of the timeline by `note`, and ask `step` from time to time (once a second)."""

    def __init__(self, settings: TipSettings | None = None, face: FaceState | None = None) -> None:
        self.settings = settings or TipSettings()
        self.expected: Expected = "존댓말"  # the speech level the two have agreed on
        self.persona_speaking: Callable[[], bool] = lambda: False  # set it to keep still while she speaks, too
        self._face = face or FaceState()  # may be shared with the running scores: then `note` feeds it alone
        self._tones: deque[ToneReading] = deque(maxlen=4)
        self._said: deque[WordReading] = deque(maxlen=40)
        self._mine: deque[Span] = deque(maxlen=60)
        self._hers: deque[PersonaSpoke] = deque(maxlen=60)
        self._turns = 0
        self._speaking_since: float | None = None
        self._last_face: float | None = None  # s, last picture with one
        self._last_picture: float | None = None
        self._given: dict[str, float] = {}

    @property
    def face(self) -> FaceState:
        return self._face

    def note(self, event: object) -> None:
        """Take one event of the timeline; unknown ones are passed over."""
        match event:
            case SpeechStarted():
                self._speaking_since = event.t
            case SpeechStopped() | SpeechDismissed():
                self._speaking_since = None
            case Utterance() if event.text.strip():
                self._turns += 1
                self._speaking_since = None
                if event.span.seconds > 0:
                    self._mine.append(event.span)
            case ToneReading():
                self._tones.append(event)
            case WordReading():
                self._said.append(event)
            case PersonaSpoke():
                self._hers.append(event)
            case Calibrated():
                self._face.calibration.append(event.span)
            case FaceReading():
                self._face.add(event)
                self._last_picture = event.t
                if event.found or self._last_face is None:
                    self._last_face = event.t

    def step(self, now: float) -> Tip | None:
        """The tip to show at `now` (s), if any."""
        if self._mid_utterance(now) or any(now - at < self.settings.apart for at in self._given.values()):
            return None
        for name, due in self._candidates(now):
            last = self._given.get(name)
            if due and (last is None or now - last >= self.settings.same_apart):
                self._given[name] = now
                return Tip(now, name, TEXTS[name])
        return None

    def _mid_utterance(self, now: float) -> bool:
        mine = self._speaking_since is not None and now - self._speaking_since < self.settings.lost_turn
        return mine or self.persona_speaking()

    def _candidates(self, now: float) -> list[tuple[str, bool]]:
        """In order of urgency; of equals, what has just happened comes first."""
        found = [("no_face", self._blind(now))]
        if self._turns < self.settings.turns:
            return [*found, ("waiting", "waiting" not in self._given)]
        return [*found, *self._of_words(now), *self._of_voice(), *self._of_turns(now), *self._of_face(now)]

    def _blind(self, now: float) -> bool:
        if self._last_picture is None or self._last_face is None or now - self._last_picture > 2.0:
            return False  # no camera, or it is off: nothing to complain of
        return now - self._last_face >= self.settings.blind

    def _of_words(self, now: float) -> list[tuple[str, bool]]:
        if not self._said:
            return []
        last = self._said[-1]
        fresh = now - last.t < self.settings.apart
        formal = [level in ("하십시오체", "해요체") for level in last.levels if level != "unknown"]
        lately = [one for one in self._said if one.t > now - self.settings.window]
        asked = sum(one.count("question") for one in lately)
        felt = sum(one.count(*EMPATHIC) for one in lately)
        enough = len(lately) >= 3
        told = bool(self._hers) and bool(self._hers[-1].text) and not self._hers[-1].text.rstrip().endswith("?")
        follows = sum(one.count("follow_up") for one in lately)
        return [
            ("casual_slip", fresh and self.expected == "존댓말" and bool(formal) and not any(formal)),
            ("good", fresh and last.count("follow_up") > 0),
            ("few_questions", enough and asked == 0),
            ("empathy", enough and felt == 0),
            ("follow_up", enough and told and asked > 0 and follows == 0),
        ]

    def _of_voice(self) -> list[tuple[str, bool]]:
        """Judged over the last turns together, from six seconds of voice on."""
        turns = list(self._tones)
        if sum(one.voiced for one in turns) < 6.0:
            return []
        scores = tone.pool(turns, tone.Gates(voiced=6.0, syllables=25))
        rates = [rate for one in turns if (rate := tone.rate_of(one)) is not None]
        levels = [one.level for one in turns if one.level is not None and not one.clipped]
        fading = [one.trailing for one in turns if one.trailing is not None]
        poor = {name: score.value is not None and score.value < tone.POOR for name, score in scores.items()}
        per_second = float(np.median(rates)) if rates else 0.0
        return [
            ("quiet", bool(levels) and float(np.median(levels)) < self.settings.quiet),
            ("fast", poor["rate"] and per_second > tone.RATE_BAND[2]),
            ("slow", poor["rate"] and per_second < tone.RATE_BAND[1]),
            ("flat", poor["pitch"] and self._spread(turns) < tone.PITCH_BAND[1]),
            ("trailing", len(fading) >= 2 and float(np.median(fading)) > 8.0),
        ]

    @staticmethod
    def _spread(turns: list[ToneReading]) -> float:
        found = [value for one in turns if (value := tone.value_of("pitch", one)) is not None]
        return float(np.median(found)) if found else tone.PITCH_BAND[1]

    def _of_turns(self, now: float) -> list[tuple[str, bool]]:
        since = now - self.settings.window
        mine = [span for span in self._mine if span.end > since]
        hers = [one.span for one in self._hers if one.span.end > since]
        share = exchange.talk_share(mine, hers)
        if share is None or len(mine) < 3 or len(hers) < 3:
            return []
        return [("share_high", share > 0.75), ("share_low", share < 0.25)]

    def _of_face(self, now: float) -> list[tuple[str, bool]]:
        baseline = self._face.baseline
        track = self._face.recent(now, self.settings.looking)
        track = track.where(track.found)
        weights = track.weights()
        if baseline is None or float(weights.sum()) < 0.6 * self.settings.looking:
            return []
        heard = track.during([one.span for one in self._hers])
        looking = gaze.direction(track.gaze_x, track.gaze_y, track.yaw, track.pitch)
        on = gaze.on_target(looking, baseline.gaze_yaw, baseline.gaze_pitch)
        share = gaze.share(on[heard], weights[heard])
        listened = float(weights[heard].sum())
        tilted = np.abs(track.roll - baseline.roll) > (posture.ROLL[0] + posture.ROLL[1]) / 2
        nodded = np.abs(track.pitch - baseline.pitch) > (posture.PITCH[0] + posture.PITCH[1]) / 2
        near = track.distance / baseline.distance
        crooked = tilted | nodded | (near < 0.65) | (near > 1.5)
        return [
            (
                "gaze",
                baseline.gaze_known
                and share is not None
                and listened >= 4.0
                and gaze.listening_score(share) < tone.POOR,
            ),
            ("posture", float(weights[crooked].sum()) >= self.settings.leaning),
        ]
