"""Silero on real Korean speech: it hears it, softly spoken too, and silence costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pytest

from analysis.adapters.silero import FRAME, Answered, Asked, SileroDetector, SileroModel
from media.types import Wave
from media.worker import Batcher, Worker


def probabilities(detector: SileroDetector, wave: Wave) -> Wave:
    return np.array([detector.probability(wave[i : i + FRAME]) for i in range(0, len(wave) - FRAME + 1, FRAME)])


def test_speech_is_told_from_the_room(silero: SileroModel, speak, room) -> None:
    heard = probabilities(silero.detector(), room(1.0, speak("혹시 어떤 음식을 좋아하세요?"), 1.0))
    assert heard[:28].max() < 0.3
    assert (heard[34:85] > 0.5).mean() > 0.85
    assert heard[-20:].max() < 0.3


@pytest.mark.parametrize("peak", [0.03, 0.003])
def test_soft_speech_in_silence_is_heard_as_well_as_by_the_network_alone(silero: SileroModel, speak, peak) -> None:
    said = speak("저는 주말에 친구들이랑 영화를 보러 갔어요.")
    wave = np.concatenate([np.zeros(3 * 16000, np.float32), said / np.abs(said).max() * peak]).astype(np.float32)
    gated = silero.detector()
    sparing = probabilities(gated, wave)
    state, alone = silero.rest, []
    padded = np.concatenate([np.zeros(64, np.float32), wave])
    for index in range(len(sparing)):
        ((probability, state),) = silero.predict([(padded[index * FRAME : index * FRAME + FRAME + 64], state)])
        alone.append(probability)
    assert gated.skipped > 70
    # The state rests where silence had brought it, not exactly where more silence would have.
    assert (sparing > 0.5).sum() == pytest.approx((np.array(alone) > 0.5).sum(), abs=2)
    assert (sparing > 0.5).sum() > 10


def test_digital_silence_is_answered_without_the_network(silero: SileroModel) -> None:
    detector = silero.detector()
    assert probabilities(detector, np.zeros(FRAME * 100, np.float32)).max() < 0.1
    assert detector.skipped == 84


def test_two_calls_share_the_network_and_not_the_state(silero: SileroModel, speak, room) -> None:
    wave = room(0.5, speak("취미가 뭐예요?"))
    alone = probabilities(silero.detector(), wave)
    one, other = silero.detector(), silero.detector()
    noise = np.random.default_rng(0).normal(0, 0.1, FRAME).astype(np.float32)
    mixed = []
    for i in range(0, len(wave) - FRAME + 1, FRAME):
        mixed.append(one.probability(wave[i : i + FRAME]))
        other.probability(noise)
    assert np.allclose(alone, mixed)


def test_reset_forgets_everything(silero: SileroModel, speak) -> None:
    wave = speak("취미가 뭐예요?")
    detector = silero.detector()
    first = probabilities(detector, wave)
    detector.reset()
    assert np.allclose(first, probabilities(detector, wave))


async def test_calls_read_together_are_read_as_each_alone(silero: SileroModel, speak, room) -> None:
    """Three calls that talk at once, one of them beginning later: states do not mix, and the frames stay in order."""
    batches: list[int] = []

    def predict(asked: Sequence[Asked]) -> list[Answered]:
        batches.append(len(asked))
        return silero.predict(asked)

    waves = [room(0.3, speak("혹시 어떤 음식을 좋아하세요?"), 0.3), room(1.0, speak("요즘 날씨가 많이 추워졌네요."))]
    waves.append(np.zeros(40 * FRAME, np.float32))
    with closing(Worker("speech-detector")) as worker:
        batcher = Batcher(worker, predict)

        async def call(wave: Wave) -> Wave:
            live = silero.live(batcher)
            frames = [wave[i : i + FRAME] for i in range(0, len(wave) - FRAME + 1, FRAME)]
            return np.array([await live.probability(frame) for frame in frames])

        together = await asyncio.gather(*(call(wave) for wave in waves))
    for wave, heard in zip(waves, together, strict=True):
        assert heard == pytest.approx(probabilities(silero.detector(), wave), abs=1e-5)
    assert max(together[0]) > 0.9
    assert max(batches) >= 2
