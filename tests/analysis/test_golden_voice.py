"""Voices whose truth is known, numbered as in our table of golden tests: a wrong metric fails here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from analysis import exchange, loudness, pitch, rate, tone, words
from analysis.adapters.silero import SileroModel
from media.types import HEARING_RATE, Span, Wave
from tests.analysis import ears, espeak, synth

Speak = Callable[..., Wave]

WALK = (
    "오늘 아침에는 날씨가 맑아서 공원을 천천히 걸었어요. 나무 사이로 햇빛이 들어오고 새들이 노래했어요. "
    "다음에는 친구와 함께 가고 싶어요."
)


@pytest.fixture(scope="module")
def walk(speak: Speak) -> Wave:
    return speak(WALK)


@pytest.mark.parametrize("hz", [115, 215])
def test_1_pitch_and_its_spread_survive_noise_and_opus(hz: int) -> None:
    heard = ears.read(synth.through_opus(synth.noisy(synth.voice(6, hz, synth.melody(6)), 10)))

    middle, spread = pitch.median(heard.pitch), pitch.spread(heard.pitch)

    assert middle is not None
    assert spread is not None
    assert abs(1200 * np.log2(middle / hz)) <= 10
    assert abs(spread - 2.02) <= 0.1


@pytest.mark.parametrize("cents", [-400, 400])
def test_2_another_register_is_no_other_melody(cents: int) -> None:
    at = ears.read(synth.voice(5, 150, synth.melody(5)))
    moved = ears.read(synth.voice(5, 150 * 2 ** (cents / 1200), synth.melody(5)))

    shift = float(pitch.semitones(np.array([pitch.median(moved.pitch)]), pitch.median(at.pitch) or 0)[0])

    assert shift == pytest.approx(cents / 100, abs=0.3)
    assert pitch.spread(moved.pitch) == pytest.approx(pitch.spread(at.pitch), abs=0.15)


@pytest.mark.parametrize("sound", [ears.silence(5), synth.pink(5), synth.noisy(ears.silence(5) + 0.05, 0) - 0.05])
def test_3_noise_and_silence_have_no_voice_and_no_score(sound: Wave, silero: SileroModel) -> None:
    unguarded = tracker_share(sound)
    heard = ears.read(sound, silero=silero)

    assert unguarded <= 0.02
    assert {score.value for score in heard.scores.values()} == {None}
    assert {score.reason for score in heard.scores.values()} == {"no_speech"}


def tracker_share(sound: Wave) -> float:
    return float(np.mean(ears.tracker().track(sound).confidence >= pitch.SURE))


def test_4_a_mains_hum_is_no_voice(silero: SileroModel) -> None:
    assert set(ears.values(ears.read(synth.hum(5), silero=silero).scores).values()) == {None}
    # Even where the speech detector is fooled, no throat holds a pitch so still.
    assert ears.read(synth.hum(5)).scores["pitch"].reason == "no_voice"


def test_5_twenty_decibels_quieter_is_no_other_tone(walk: Wave, silero: SileroModel) -> None:
    loud, quiet = (ears.read(gain * walk, WALK, silero).scores for gain in (1.0, 0.1))

    for name in ("pitch", "rate", "volume", "voice_tone"):
        assert quiet[name].value == pytest.approx(loud[name].value, abs=1), name


@pytest.mark.parametrize("tempo", [0.8, 1.25, 1.6])
def test_6_the_rate_follows_the_tempo(walk: Wave, silero: SileroModel, tempo: float) -> None:
    slow, fast = ears.read(walk, WALK, silero), ears.read(synth.faster(walk, tempo), WALK, silero)

    assert tone.rate_of(fast) == pytest.approx((tone.rate_of(slow) or 0) * tempo, rel=0.01)


SIXTY_FIVE = (
    "오늘 아침에는 날씨가 맑아서 공원을 천천히 걸었어요. 나무 사이로 햇빛이 들어오고 새들이 노래했어요. "
    "다음에는 친구와 함께 가고 싶어요. 같이 가면 참 좋겠어요."
)


@pytest.mark.parametrize("words_a_minute", [130, 160, 190])
def test_7_of_sixty_five_syllables_each_is_counted_and_nearly_each_nucleus_heard(words_a_minute: int) -> None:
    """Golden 7: espeak-ng says what it is told, syllable by syllable."""
    heard = ears.read(espeak.say(SIXTY_FIVE, words_a_minute), SIXTY_FIVE)

    assert heard.syllables == 65
    assert heard.nuclei == pytest.approx(65, rel=0.10)


@pytest.mark.parametrize("voice", ["jf_alpha", "jm_kumo"])
def test_7_and_so_in_a_natural_voice(voice: str, speak: Speak, silero: SileroModel) -> None:
    texts = [WALK, "어제 저녁에 영화를 봤는데 생각보다 재미있어서 시간 가는 줄 몰랐어요."]
    heard = [ears.read(speak(text, voice), text, silero) for text in texts]

    assert [one.syllables for one in heard] == [56, 29]
    assert sum(one.nuclei or 0 for one in heard) == pytest.approx(85, rel=0.10)


def test_8_a_fading_voice_is_uneven_and_a_flat_one_is_not() -> None:
    flat = synth.voice(8, 140, synth.melody(8))
    ramp = (flat * 10 ** (-np.linspace(0, 12, len(flat)) / 20)).astype(np.float32)

    even, uneven = (loudness.unevenness(ears.read(wave).levels) for wave in (flat, ramp))

    assert even is not None
    assert even < 1
    assert uneven == pytest.approx(3.6, abs=0.5)


def test_15_an_hour_later_the_scores_are_the_same(walk: Wave, silero: SileroModel) -> None:
    laid = ears.frames(walk, silero)
    length = len(walk) / HEARING_RATE
    now = tone.read(walk, laid, WALK, span=Span(0, length))
    later = tone.read(walk, laid, WALK, span=Span(3600, 3600 + length))

    assert ears.values(later.scores) == pytest.approx(ears.values(now.scores), abs=1)


def test_17_a_scripted_dialogue_is_counted_exactly() -> None:
    asked = """어떤 음식을 좋아하세요? 주말에 뭐 하세요? 어디 사세요? 그 영화 어땠어요? 언제 오셨어요?
        왜 그렇게 생각하세요? 누구랑 갔어요? 얼마나 걸렸어요? 커피 마실까요? 같이 가실래요?"""
    told = """저는 회사에 다녀요. 비가 와서 집에 있었어요. 왜 그런지 모르겠어요. 뭐든 잘 먹어요.
        언젠가 가 보고 싶어요."""
    # A turn of mine every 10 s: hers for 3.96 s, .8 s of silence, mine for 4.84 s: 55 % of all that is said.
    hers = [Span(10.0 * i, 10.0 * i + 3.96) for i in range(15)]
    mine = [Span(turn.end + 0.8, turn.end + 0.8 + 4.84) for turn in hers]

    assert words.read(asked).count("question") == 10
    assert words.read(told).count("question") == 0
    assert exchange.talk_share(mine, hers) == pytest.approx(0.55, abs=0.02)
    assert exchange.latencies(mine, hers) == pytest.approx([0.8] * 15)
    assert rate.spoken_syllables("3시 20분에 만나요") == rate.spoken_syllables("세 시 이십 분에 만나요") == 9
