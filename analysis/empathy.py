"""Four indices of how a person comes across: warmth, enthusiasm, politeness, confidence.

Pure over readings; it must not know engines or the report. Each is a weighted mean of what was measured; what was not
(no camera, no latency, a recogniser that drops fillers) is left out and lowers the confidence only.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from analysis.readings import MentionKind, Score, Scores, ToneReading, VoiceBaseline, WordReading, not_measured
from analysis.scoring import band, falling, fuse
from analysis.tone import TURN, Gates, pool, rate_of
from analysis.words import politeness

WARMTH = {"appreciation": 0.30, "empathy": 0.30, "follow_up": 0.25, "smile": 0.15}
ENTHUSIASM = {"pitch": 0.40, "rate": 0.25, "energy": 0.20, "exclamation": 0.15}
CONFIDENCE = {"fillers": 0.30, "trailing": 0.30, "latency": 0.25, "hedges": 0.15}
FULL_TURNS = 6  # turns for full confidence
# Per turn, unless said otherwise; all ours. A turn without any is ordinary, hence the bands that begin below 0.
APPRECIATION_BAND = (-0.1, 0.25, 3.0, 9.0)
EMPATHY_BAND = (-0.2, 0.5, 3.0, 9.0)
FOLLOW_UP_BAND = (-0.1, 0.3, 2.0, 9.0)
EXCLAMATION_BAND = (-0.2, 0.3, 3.0, 9.0)
RATE_BAND = (0.7, 1.1, 1.4, 2.0)  # times one's own baseline
ENERGY_BAND = (-6.0, 2.0, 9.0, 18.0)  # dB over one's own baseline
TRAILING = (3.0, 12.0)  # dB that turn ends may fall away
HEDGES = (0.15, 0.8)  # a sentence
FILLERS = (0.01, 0.08)  # of the syllables; norm < .04


def indices(
    tones: Sequence[ToneReading],
    words: Sequence[WordReading],
    *,
    baseline: VoiceBaseline | None = None,
    auto_gain: bool = False,
    smile: Score | None = None,
    latency: Score | None = None,
    not_interrupting: Score | None = None,
    verbatim: bool = False,
    partner_heard: bool = True,
    gates: Gates = TURN,
) -> Scores:
    """The four scores.

    `baseline`: the speaker's voice at another moment than these turns; without it nothing is compared with it.
    `auto_gain`: the browser levels the voice, so its energy says nothing. `verbatim`: the recogniser writes fillers
    (Whisper does not). `partner_heard`: there was a partner whose words could be followed up (not in a lone recording).
    """
    said = [reading for reading in words if reading.sentences and reading.syllables]
    return {
        "warmth": _warmth(said, smile, partner_heard),
        "enthusiasm": _enthusiasm(tones, said, baseline, gates, auto_gain),
        "politeness": politeness(said, not_interrupting) if said else not_measured("no_text"),
        "confidence": _confidence(tones, said, latency, verbatim),
    }


def _warmth(said: Sequence[WordReading], smile: Score | None, partner_heard: bool) -> Score:
    if not said:
        return not_measured("no_text")
    parts = {
        "appreciation": _per_turn(said, ("appreciation",), APPRECIATION_BAND),
        "empathy": _per_turn(said, ("backchannel", "feeling", "agreement"), EMPATHY_BAND),
    }
    if partner_heard:
        parts["follow_up"] = _per_turn(said, ("follow_up",), FOLLOW_UP_BAND)
    if smile is not None:
        parts["smile"] = smile
    return fuse(parts, WARMTH)


def _enthusiasm(
    tones: Sequence[ToneReading],
    said: Sequence[WordReading],
    baseline: VoiceBaseline | None,
    gates: Gates,
    auto_gain: bool,
) -> Score:
    parts = {"pitch": pool(tones, gates)["pitch"]}
    if baseline is not None:
        rates = [one for tone in tones if (one := rate_of(tone)) is not None]
        levels = [tone.level for tone in tones if tone.level is not None and not tone.clipped]
        sure = min(1.0, baseline.voiced / 20)
        if rates and baseline.rate:
            parts["rate"] = Score(band(median(rates) / baseline.rate, *RATE_BAND), sure, len(rates))
        if levels and not auto_gain:
            parts["energy"] = Score(band(median(levels) - baseline.level, *ENERGY_BAND), sure, len(levels))
    if said:
        parts["exclamation"] = _per_turn(said, ("exclamation",), EXCLAMATION_BAND)
    return fuse(parts, ENTHUSIASM, enough=0.5)  # pitch and words alone: a call's first turns have no baseline


def _confidence(
    tones: Sequence[ToneReading], said: Sequence[WordReading], latency: Score | None, verbatim: bool
) -> Score:
    parts = {}
    fading = [tone.trailing for tone in tones if tone.trailing is not None and not tone.clipped]
    if fading:
        parts["trailing"] = Score(falling(median(fading), *TRAILING), min(1.0, len(fading) / FULL_TURNS), len(fading))
    if latency is not None:
        parts["latency"] = latency
    if said:
        sentences = sum(len(reading.sentences) for reading in said)
        hedges = sum(reading.count("hedge") for reading in said) / sentences
        parts["hedges"] = Score(falling(hedges, *HEDGES), min(1.0, sentences / 12), sentences)
        if verbatim:
            syllables = sum(reading.syllables for reading in said)
            share = sum(reading.count("filler") for reading in said) / syllables
            parts["fillers"] = Score(falling(share, *FILLERS), min(1.0, syllables / 60), syllables)
    # Whisper drops fillers and a recording has no latency: what is left is .45 of the weight, and says so.
    return fuse(parts, CONFIDENCE, enough=0.45)


def _per_turn(said: Sequence[WordReading], kinds: tuple[MentionKind, ...], to: tuple[float, ...]) -> Score:
    found = sum(reading.count(*kinds) for reading in said) / len(said)
    a, b, c, d = to
    return Score(band(min(found, c), a, b, c, d), min(1.0, len(said) / FULL_TURNS), len(said))
