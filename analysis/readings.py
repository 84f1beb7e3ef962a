"""The vocabulary of judgement: a score with its evidence, and what one turn's voice, words and feeling were read as.

Plain frozen values with units; they must not know how anything is measured, stored or sent. What was not measured is
None with a reason, never 0. Every reading keeps its raw measures, so that a call's readings can be pooled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from media.types import Span, Wave

Emotion = Literal["기쁨", "슬픔", "분노", "놀람", "두려움", "혐오", "중립", "경멸"]
Polarity = Literal["긍정", "중립", "부정"]
Direction = Literal["good", "improve"]  # what to keep doing, what to try
Expected = Literal["존댓말", "반말"]  # the speech level that two people have agreed on

EMOTIONS: tuple[Emotion, ...] = ("기쁨", "슬픔", "분노", "놀람", "두려움", "혐오", "중립", "경멸")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The moment that moved a score."""

    metric: str  # the metric's stable name, e.g. "rate"
    t0: float  # s, call time
    t1: float  # s
    value: float  # in the metric's own unit
    quote: str | None = None  # what was said then
    direction: Direction = "improve"
    tip_id: str | None = None  # the live tip that speaks of it


@dataclass(frozen=True, slots=True)
class Score:
    """One metric. Give a `reason` whenever `value` is None; a low `confidence` says how much was not measured."""

    value: float | None  # 0–100
    confidence: float  # 0–1
    n: int  # how many measurements it rests on (frames, windows, turns …: the metric says which)
    reason: str | None = None  # why there is no value, e.g. "too_little_speech"
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError("a score has either a value or the reason why it has none")
        if self.value is not None and not 0 <= self.value <= 100:
            raise ValueError(f"a score lies between 0 and 100, not at {self.value}")


Scores = Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class VoiceBaseline:
    """How this person speaks when nothing is the matter."""

    pitch: float  # Hz, median
    spread: float | None  # semitones
    level: float  # dBFS
    rate: float | None  # syllables a second
    voiced: float  # s it rests on


def not_measured(reason: str, n: int = 0) -> Score:
    """The score of what could not be measured."""
    return Score(None, 0.0, n, reason)


@dataclass(frozen=True, slots=True)
class ToneReading:
    """How one turn sounded. Holes of the network are left out of every measure."""

    span: Span
    turn: int
    measured: float  # s of sound that arrived
    speaking: float  # s from first to last speech with its inner pauses, holes left out
    voiced: float  # s with a voice's pitch
    pitch: Wave = field(repr=False, compare=False)  # [K] Hz, one every 16 ms of voiced speech, confident ones only
    levels: Wave = field(repr=False, compare=False)  # [W] dBFS, one each second window with enough voice
    level: float | None  # dBFS of the voiced speech
    syllables: int | None  # Hangul syllables said, digits spelled out; None without a (Korean) text
    nuclei: int | None  # syllable nuclei counted in the sound; None when too little was measured
    pauses: tuple[Span, ...]  # call time, silences of at least .25 s inside the turn
    trailing: float | None  # dB that the turn's end lies below its body; > 0 fades away
    final_rise: float | None  # semitones that the pitch rises over the last voiced half second
    clipped: bool  # the sound hits full scale: levels are not to be trusted
    scores: Scores = field(default_factory=dict, compare=False)  # pitch, rate, volume, voice_tone

    @property
    def t(self) -> float:
        return self.span.end


MentionKind = Literal[
    "positive", "negative", "backchannel", "feeling", "agreement", "appreciation", "polite",
    "question", "follow_up", "hedge", "filler", "exclamation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing found in a turn's words."""

    kind: MentionKind
    quote: str
    start: int  # index into the text
    end: int


@dataclass(frozen=True, slots=True)
class WordReading:
    """What one turn's words were. An empty text has no sentences and no scores."""

    span: Span
    turn: int
    text: str
    sentences: tuple[str, ...]
    levels: tuple[str, ...]  # speech level of each sentence: 하십시오체 해요체 해체 해라체, or "unknown"
    syllables: int
    mentions: tuple[Mention, ...]
    lemmas: frozenset[str]  # content words (nouns, verbs, adjectives) in dictionary form
    sentiment: float | None  # −1 … 1; None when no word of feeling was found
    expected: Expected = "존댓말"  # what the two had agreed on by then
    scores: Scores = field(default_factory=dict, compare=False)  # sentiment, empathy, politeness, word_choice

    @property
    def t(self) -> float:
        return self.span.end

    def count(self, *kinds: MentionKind) -> int:
        """How many mentions of these kinds there are."""
        return sum(mention.kind in kinds for mention in self.mentions)


@dataclass(frozen=True, slots=True)
class EmotionReading:
    """One turn's feeling. `label` is 중립 unless one class is likely and clearly ahead; show `polarity` first."""

    span: Span
    turn: int
    label: Emotion | None  # None: nothing could be read
    polarity: Polarity | None
    confidence: float  # 0–1: of the label, lowered by every source that is missing
    probabilities: Mapping[Emotion, float]  # 8 classes, sum 1; empty when nothing could be read
    sources: Mapping[str, Mapping[Emotion, float]]  # "text", "voice", "face": those that spoke
    reason: str | None = None  # why there is no label

    @property
    def t(self) -> float:
        return self.span.end
