"""Two voices come out side by side, each where it sounded; jitter joins, holes are silence, what is late is counted."""

from __future__ import annotations

import numpy as np

from media.mixing import RATE, Mixer
from media.types import Samples

FRAME = RATE // 50


def tone(length: int, value: int = 1000) -> Samples:
    return np.full(length, value, np.int16)


def test_the_person_is_on_the_left_and_she_on_the_right_at_their_times() -> None:
    mixer = Mixer(begins=10.0)
    mixer.person.put(10.5, tone(FRAME, 1))
    mixer.persona.put(10.75, tone(FRAME, 2))
    sound = mixer.take(11.0)
    assert sound.shape == (RATE, 2)
    assert np.flatnonzero(sound[:, 0]).tolist() == list(range(RATE // 2, RATE // 2 + FRAME))
    assert np.flatnonzero(sound[:, 1]).tolist() == list(range(RATE * 3 // 4, RATE * 3 // 4 + FRAME))
    assert set(sound[:, 0]) == {0, 1}
    assert set(sound[:, 1]) == {0, 2}


def test_stamps_that_jitter_leave_no_gap_between_frames() -> None:
    mixer = Mixer(begins=0.0)
    for number in range(50):
        mixer.person.put(0.1 + number * 0.020 + (-1) ** number * 0.004, tone(FRAME))
    sound = mixer.take(2.0)[:, 0]
    places = np.flatnonzero(sound)
    assert places[-1] - places[0] + 1 == len(places) == 50 * FRAME


def test_a_hole_is_silence_and_what_follows_it_is_in_its_place() -> None:
    mixer = Mixer(begins=0.0)
    mixer.persona.put(0.0, tone(FRAME))
    mixer.persona.put(1.0, tone(FRAME))
    sound = mixer.take(1.5)[:, 1]
    assert not sound[FRAME:RATE].any()
    assert sound[RATE : RATE + FRAME].all()


def test_taking_it_piece_by_piece_gives_the_same_as_at_once() -> None:
    once, often = Mixer(begins=0.0), Mixer(begins=0.0)
    noise = np.random.default_rng(1).integers(1, 30000, RATE * 2).astype(np.int16)
    for mixer in (once, often):
        for start in range(0, len(noise), FRAME):
            mixer.person.put(0.3 + start / RATE, noise[start : start + FRAME])
    pieces = [often.take(upto / 100) for upto in range(7, 300, 7)]
    assert np.array_equal(np.concatenate(pieces), once.take(2.94))


def test_what_comes_after_its_place_was_taken_is_left_out_and_counted() -> None:
    mixer = Mixer(begins=0.0)
    mixer.take(1.0)
    mixer.person.put(0.5, tone(FRAME))
    mixer.person.put(0.99, tone(FRAME))
    mixer.person.put(2.0, tone(FRAME))
    sound = mixer.take(3.0)[:, 0]
    assert mixer.person.late == FRAME + FRAME // 2
    assert np.flatnonzero(sound).tolist() == [*range(FRAME // 2), *range(RATE, RATE + FRAME)]


def test_sound_from_before_the_beginning_is_not_in_it() -> None:
    mixer = Mixer(begins=5.0)
    mixer.person.put(4.99, tone(FRAME))
    sound = mixer.take(5.1)[:, 0]
    assert np.flatnonzero(sound).tolist() == list(range(FRAME // 2))


def test_nothing_new_is_an_empty_piece() -> None:
    mixer = Mixer(begins=1.0)
    assert mixer.take(1.0).shape == (0, 2)
    assert mixer.take(0.5).shape == (0, 2)
