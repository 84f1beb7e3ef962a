"""The golden tests of the face, numbered as in our table: a real film; pictures turned, mirrored, shrunk, painted on.

The film (19.7 s, 472 pictures): a man weeps until about 6 s, recovers, and laughs from about 9.8 s on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from analysis import blink, expression
from analysis.adapters.face_api import FaceApiExpression
from analysis.adapters.landmarker import MediaPipeLandmarker
from analysis.events import ExpressionReading
from analysis.face_state import baseline_of, face_scores
from analysis.face_track import FaceTrack, measure
from analysis.types import FaceReading
from media.types import Pixels, Span
from media.weights import Weights
from tests.analysis.conftest import Film

Look = Callable[[Pixels], FaceReading]
RINGS = (  # the eyes' outlines, with the corners at which an iris offset is −.5 and +.5
    ((33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246), 33, 133),
    ((362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398), 362, 263),
)


@pytest.fixture(scope="module")
def watched(film: Film, weights: Weights) -> tuple[list[FaceReading], list[ExpressionReading]]:
    """The film's readings, and three expressions a second of the small network."""
    network = FaceApiExpression(weights.path("expression/face_expression_model.bin").parent)
    found = network.classify([crop.pixels for crop in film.crops])
    pairs = zip(film.crops, found, strict=True)
    shown = [expression.read(c.reading.t, one, network.name, c.reading.blendshapes) for c, one in pairs]
    return film.readings, shown


@pytest.fixture(scope="module")
def look(weights: Weights) -> Iterator[Look]:
    """One still picture, seen for itself."""
    eye = MediaPipeLandmarker(weights.path("face_landmarker.task"))
    moments = iter(range(1, 10_000))

    def see(pixels: Pixels) -> FaceReading:
        eye.read(np.full((64, 64, 3), 127, np.uint8), float(next(moments)))  # forget the last face
        reading = eye.read(np.ascontiguousarray(pixels), float(next(moments)))
        assert reading.found
        return reading

    yield see
    eye.close()


@pytest.fixture(scope="module")
def portrait(material: Weights) -> Pixels:
    """Her head and shoulders, 600 px."""
    whole = cv2.imread(str(material.path("astronaut.png")))[:, :, ::-1]
    return np.ascontiguousarray(cv2.resize(whole[0:300, 80:380], (600, 600), interpolation=cv2.INTER_CUBIC))


def test_the_film_every_face_is_found(watched) -> None:
    readings, _ = watched
    assert len(readings) == 472
    assert sum(reading.found for reading in readings) >= 465


def test_the_film_his_five_blinks_are_counted(watched) -> None:
    """While he weeps his eyes are shut and no blink can be told; they open at 6 s."""
    track = measure(watched[0])
    assert len(blink.find(track.t, track.ear).spans) == pytest.approx(5, abs=1)


def test_the_film_he_is_sad_and_then_happy(watched) -> None:
    smoother, labels = expression.Smoother(), []
    for reading in watched[1]:
        smoother.add(reading)
        labels.append((reading.t, smoother.label))
    assert {label for t, label in labels if 1 < t < 6} == {"슬픔"}
    assert {label for t, label in labels if t > 11.5} == {"기쁨"}
    happy = next(t for t, label in labels if label == "기쁨" and t > 3)
    assert happy == pytest.approx(9.8, abs=1.0)


def test_the_film_is_too_short_for_an_impression(watched) -> None:
    assert expression.summarise(watched[1]).reason == "too_little_face"


def one(reading: FaceReading) -> FaceTrack:
    return measure([reading])


@pytest.mark.parametrize("degrees", [-30, -20, -10, 10, 20, 30])
def test_10_a_turned_picture_is_a_tilted_head(look: Look, portrait: Pixels, degrees: int) -> None:
    turn = cv2.getRotationMatrix2D((280.0, 220.0), degrees, 1.0)
    straight, turned = one(look(portrait)), one(look(cv2.warpAffine(portrait, turn, (600, 600))))
    assert turned.roll[0] - straight.roll[0] == pytest.approx(degrees, abs=1.5)
    assert turned.pitch[0] == pytest.approx(straight.pitch[0], abs=4)


def test_11_a_mirrored_picture_swaps_the_sides(look: Look, portrait: Pixels) -> None:
    straight, mirrored = look(portrait), look(portrait[:, ::-1])
    assert one(mirrored).roll[0] == pytest.approx(-one(straight).roll[0], abs=1.0)
    assert one(mirrored).yaw[0] == pytest.approx(-one(straight).yaw[0], abs=2.0)
    wink = with_lids(portrait, straight.landmarks[:, :2] * 600, 1.0, RINGS[:1])  # the eye on the picture's left
    for picture, closed, opened in ((wink, "Right", "Left"), (wink[:, ::-1], "Left", "Right")):
        shapes = look(picture).blendshapes
        assert shapes[f"eyeBlink{closed}"] > shapes[f"eyeBlink{opened}"] + 0.2


def test_12_half_the_size_is_twice_the_distance(look: Look, portrait: Pixels) -> None:
    """In the same frame: the camera is the same."""
    small = np.full_like(portrait, 127)
    small[150:450, 150:450] = cv2.resize(portrait, (300, 300), interpolation=cv2.INTER_AREA)
    assert one(look(small)).distance[0] / one(look(portrait)).distance[0] == pytest.approx(2.0, rel=0.05)


def test_13_painted_irises_are_followed(look: Look, portrait: Pixels) -> None:
    outline = look(portrait).landmarks[:, :2] * 600
    offsets = np.linspace(-0.22, 0.22, 9)
    measured = [one(look(with_irises(portrait, outline, offset))).gaze_x[0] for offset in offsets]
    assert (np.diff(measured) > 0).all()
    assert np.corrcoef(offsets, measured)[0, 1] >= 0.98


def test_14_painted_lids_close_the_eyes(look: Look, portrait: Pixels) -> None:
    outline = look(portrait).landmarks[:, :2] * 600
    openness = [one(look(with_lids(portrait, outline, closed))).ear[0] for closed in (0.0, 0.5, 1.0)]
    assert openness[0] > openness[1] > openness[2]
    assert openness[2] / openness[0] <= 0.5


def test_20_a_still_picture_stays_still(weights: Weights, portrait: Pixels) -> None:
    """Dispersion within twice the noise floor: nothing that rests on less is ever coached on."""
    eye = MediaPipeLandmarker(weights.path("face_landmarker.task"))
    noise = np.random.default_rng(4)
    readings = []
    for number in range(45):
        grain = noise.normal(0, 2.0, portrait.shape)
        readings.append(eye.read(np.clip(portrait + grain, 0, 255).astype(np.uint8), number / 15))
    eye.close()
    track = measure(readings[5:])
    floor = {"gaze_x": 0.006, "ear": 0.008, "pitch": 0.36, "yaw": 0.20, "roll": 0.1}
    for name, least in floor.items():
        assert np.std(getattr(track, name)) <= 2 * least, name
    assert np.std(track.distance) / np.mean(track.distance) <= 2 * 0.002


def eye_mask(outline: np.ndarray, ring: tuple[int, ...], grow: int = 0) -> np.ndarray:
    mask = np.zeros((600, 600), np.uint8)
    cv2.fillPoly(mask, [outline[list(ring)].round().astype(np.int32)], 255)
    return cv2.dilate(mask, np.ones((grow, grow), np.uint8)) > 0 if grow else mask > 0


def with_irises(pixels: Pixels, outline: np.ndarray, offset: float) -> Pixels:
    """White eyes with a brown iris `offset` eye widths beside the middle."""
    painted = pixels.copy()
    for ring, left, right in RINGS:
        axis = outline[right] - outline[left]
        width = float(np.linalg.norm(axis))
        centre = tuple(((outline[left] + outline[right]) / 2 + offset * axis).round().astype(int).tolist())
        layer = painted.copy()
        layer[eye_mask(outline, ring)] = (225, 215, 210)
        cv2.circle(layer, centre, round(0.2 * width), (70, 45, 30), -1, cv2.LINE_AA)
        cv2.circle(layer, centre, round(0.08 * width), (10, 10, 10), -1, cv2.LINE_AA)
        painted = np.where(eye_mask(outline, ring)[..., None], layer, painted)
    return cv2.GaussianBlur(painted, (0, 0), 0.8)


def with_lids(pixels: Pixels, outline: np.ndarray, closed: float, eyes: tuple = RINGS) -> Pixels:
    """Skin over the upper part of the eyes, with a line of lashes under it."""
    painted = pixels.copy()
    for ring, _, _ in eyes:
        points = outline[list(ring)]
        mask = eye_mask(outline, ring, grow=5)
        rows = np.flatnonzero(mask.any(axis=1))
        edge = rows[0] + closed * (rows[-1] - rows[0])
        painted[mask & (np.arange(600)[:, None] <= edge)] = pixels[
            int(points[:, 1].min()) - 9, int(points[:, 0].mean())
        ]
        if closed:
            ends = (int(points[:, 0].min()), int(edge)), (int(points[:, 0].max()), int(edge))
            cv2.line(painted, *ends, (60, 40, 35), 1, cv2.LINE_AA)
    return cv2.GaussianBlur(painted, (0, 0), 1.0)


def test_the_film_a_man_who_looks_about_gets_no_score_of_gaze_without_a_calibration(watched) -> None:
    """He weeps, looks down and aside in the first seconds: nowhere among them is the screen. With one he is scored."""
    track = measure([replace(one, t=one.t + lap * 20) for lap in range(4) for one in watched[0]])
    heard = [Span(0.0, 80.0)]
    baseline = baseline_of(track)
    assert baseline is not None
    assert not baseline.gaze_known
    scores = face_scores(track, listening=heard, speaking=[])
    assert {scores[name].reason for name in ("gaze_listening", "fixation")} == {"unsteady_baseline"}
    assert scores["gaze_stability"].value is None
    assert scores["posture"].value is not None
    calibrated = face_scores(track, listening=heard, speaking=[], calibration=[Span(10.0, 14.0)])
    assert calibrated["gaze_listening"].value is not None
