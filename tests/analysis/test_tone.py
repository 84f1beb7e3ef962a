"""The voice of a turn and of many: what is measured, what is not claimed, and what the network may not lower."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import loudness, pitch, rate, tone, voicing
from analysis.pitch import PitchTrack
from media.types import HEARING_RATE, Span, Wave
from tests.analysis import ears, synth

TEXT = "저는 주말에 친구랑 공원에서 자전거를 타요."  # 18 syllables


def lively(seconds: float = 5.0, spread: float = 2.02) -> Wave:
    return synth.voice(seconds, 140, synth.melody(seconds, spread))


@pytest.mark.parametrize(("spread", "better"), [(0.4, False), (2.5, True)])
def test_a_flat_voice_scores_lower_than_a_lively_one_and_gets_its_tip(spread: float, better: bool) -> None:
    score = ears.read(lively(spread=spread), TEXT).scores["pitch"]

    assert score.value is not None
    assert (score.value > 90) is better
    assert [moment.tip_id for moment in score.evidence] == [None if better else "flat"]
    assert score.evidence[0].quote == TEXT


@pytest.mark.parametrize(("seconds", "tip"), [(2.0, "fast"), (5.0, None), (9.0, "slow")])
def test_the_rate_is_syllables_over_the_time_they_took(seconds: float, tip: str | None) -> None:
    heard = ears.read(lively(seconds), TEXT)

    assert heard.syllables == 18
    assert tone.rate_of(heard) == pytest.approx(18 / heard.speaking)
    assert {moment.tip_id for moment in heard.scores["rate"].evidence} <= {tip}


def test_pauses_belong_to_the_turn_and_silence_around_it_does_not() -> None:
    wave = np.concatenate([ears.silence(1), lively(2), ears.silence(0.6), lively(2), ears.silence(1)])

    heard = ears.read(wave)

    assert heard.speaking == pytest.approx(4.6, abs=0.1)
    assert [round(pause.seconds, 1) for pause in heard.pauses] == [0.6]
    assert heard.pauses[0].start == pytest.approx(3.0, abs=0.1)


def test_a_hole_of_the_network_is_left_out_and_lowers_nothing_but_the_confidence() -> None:
    whole = lively(8)
    holed = whole.copy()
    hole = Span(3.0, 4.0)
    holed[3 * HEARING_RATE : 4 * HEARING_RATE] = 0

    before, after = ears.read(whole, TEXT), ears.read(holed, TEXT, gaps=(hole,))

    assert after.measured == pytest.approx(7, abs=0.05)
    assert after.speaking == pytest.approx(before.speaking - 1, abs=0.1)
    assert not after.pauses
    for name, score in after.scores.items():
        assert (score.value or 0) >= (before.scores[name].value or 0) - 3, name
        assert score.confidence < before.scores[name].confidence, name


def test_a_turn_that_mostly_never_arrived_says_so() -> None:
    wave = lively(5)
    wave[HEARING_RATE:] = 0

    assert ears.read(wave, gaps=(Span(1, 5),)).scores["volume"].reason == "sound_lost"


def test_a_short_answer_claims_nothing() -> None:
    scores = ears.read(lively(0.8), "네.").scores

    assert set(ears.values(scores).values()) == {None}
    assert scores["rate"].reason == "too_little_text"


def test_the_gates_of_a_call_are_stricter_than_those_of_a_turn() -> None:
    turn = ears.read(lively(5), TEXT)

    assert tone.pool([turn])["pitch"].reason == "too_little_speech"
    assert tone.pool([turn])["voice_tone"].value is None
    pooled = tone.pool([turn] * 5)
    assert pooled["voice_tone"].value == pytest.approx(turn.scores["voice_tone"].value, abs=5)
    assert pooled["voice_tone"].confidence > turn.scores["voice_tone"].confidence


def test_an_unmeasured_part_is_left_out_of_the_whole() -> None:
    scores = ears.read(lively(5)).scores  # no text, so no rate

    assert scores["rate"].value is None
    expected = (0.40 * (scores["pitch"].value or 0) + 0.25 * (scores["volume"].value or 0)) / 0.65
    assert scores["voice_tone"].value == pytest.approx(expected)


def test_automatic_gain_halves_what_the_volume_is_worth() -> None:
    wave = lively(5)
    plain, levelled = (tone.read(wave, ears.frames(wave), auto_gain=gain).scores["volume"] for gain in (False, True))

    assert levelled.value == plain.value
    assert levelled.confidence == pytest.approx(plain.confidence / 2)


def test_a_clipped_voice_is_noticed_and_trusted_less() -> None:
    wave = lively(5)
    clipped = np.clip(wave * 8, -0.4, 0.4).astype(np.float32)

    assert not ears.read(wave).clipped
    assert ears.read(clipped).clipped
    assert ears.read(clipped).scores["volume"].confidence < ears.read(wave).scores["volume"].confidence


def test_a_text_that_the_sound_contradicts_is_trusted_less() -> None:
    heard = ears.read(lively(5), TEXT)
    agreeing, contradicting = (tone.pool([replace(heard, nuclei=nuclei)], tone.TURN)["rate"] for nuclei in (17, 6))

    assert contradicting.value == agreeing.value
    assert contradicting.confidence == pytest.approx(agreeing.confidence / 2)


def test_a_voice_through_a_telephone_keeps_its_melody() -> None:
    wave = lively(5)
    narrow = synth.faster(synth.faster(wave, 2.0), 0.5)  # 8 kHz and back

    assert pitch.spread(ears.read(narrow).pitch) == pytest.approx(pitch.spread(ears.read(wave).pitch), abs=0.1)


def test_the_baseline_is_the_speakers_own_and_needs_enough_voice() -> None:
    turn = ears.read(lively(5), TEXT)

    assert tone.baseline_of([turn]) is None
    own = tone.baseline_of([turn] * 3)
    assert own is not None
    assert own.pitch == pytest.approx(140, rel=0.03)
    assert own.level == pytest.approx(turn.level)
    assert own.rate == pytest.approx(tone.rate_of(turn))


def test_a_turn_that_fades_away_shows_it() -> None:
    wave = lively(4)
    wave[3 * HEARING_RATE :] *= 0.2

    assert (ears.read(wave).trailing or 0) == pytest.approx(14, abs=4)
    assert abs(ears.read(lively(4)).trailing or 0) < 4


@pytest.mark.parametrize(("ending", "sign"), [(6.0, 1), (-6.0, -1)])
def test_the_melody_of_the_end_rises_or_falls(ending: float, sign: int) -> None:
    semitones = np.concatenate([np.zeros(2 * HEARING_RATE), np.linspace(0, ending, HEARING_RATE // 2)])

    rise = ears.read(synth.voice(2.5, 150, semitones)).final_rise

    assert rise is not None
    assert sign * rise > 2


@pytest.mark.parametrize("length", [0, 1, 255, 256, 700, 5000])
def test_crumbs_of_sound_are_read_without_harm(length: int) -> None:
    scores = ears.read(np.full(length, 0.1, np.float32), "네").scores

    assert set(ears.values(scores).values()) == {None}


def test_broken_samples_are_silence() -> None:
    wave = lively(3)
    wave[: HEARING_RATE // 2] = np.nan

    heard = ears.read(wave)

    assert heard.level is not None
    assert np.isfinite(heard.level)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("안녕하세요", 5),
        ("3시에 봐요", 5),
        ("20살이에요", 6),
        ("BTS 좋아해요", 8),
        ("Hello there", None),
        ("!!!", None),
        ("", None),
    ],
)
def test_syllables_are_those_read_aloud(text: str, count: int | None) -> None:
    assert rate.spoken_syllables(text) == count


def test_one_octave_error_in_ten_does_not_widen_the_spread() -> None:
    hz = np.full(200, 120, np.float32) * 2 ** (np.random.default_rng(1).normal(0, 1, 200) / 12)
    wrong = hz.copy()
    wrong[::20] *= 2

    assert pitch.spread(wrong.astype(np.float32)) == pytest.approx(pitch.spread(hz.astype(np.float32)), abs=0.35)
    assert pitch.spread(hz[:5].astype(np.float32)) is None
    assert pitch.median(hz[:0].astype(np.float32)) is None


def test_the_levels_of_seconds_need_voice() -> None:
    wave = np.concatenate([lively(2), ears.silence(3), lively(2)])

    assert len(ears.read(wave).levels) in (4, 5)
    assert loudness.unevenness(np.zeros(2, np.float32)) is None
    assert loudness.level(ears.frames(ears.silence(2))) is None


def test_a_track_shorter_than_the_sound_is_no_error() -> None:
    short = PitchTrack(np.full(10, 120, np.float32), np.ones(10, np.float32))

    assert len(voicing.lay(lively(2), short).level) == 10


def test_evidence_of_many_turns_is_the_worst_and_the_best() -> None:
    good, bad = ears.read(lively(5), TEXT), ears.read(lively(5, spread=0.4), TEXT)
    turns = [replace(bad, turn=1), replace(good, turn=2), replace(good, turn=3)]

    directions = [moment.direction for moment in tone.pool(turns, tone.TURN)["pitch"].evidence]

    assert directions == ["improve", "good"]
