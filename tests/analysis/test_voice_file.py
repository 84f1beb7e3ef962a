"""A recording analysed as a whole, through the real recogniser; and every bad recording named for what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import analysis
from analysis import library
from analysis.adapters.silero import SileroModel
from analysis.adapters.whisper import WhisperSpeechToText
from analysis.engines import Transcript
from analysis.voice_file import VoiceAnalyzer, VoiceReport, turns
from media.errors import DeyeonsoError
from media.sound_file import decode
from media.types import HEARING_RATE, Wave
from media.weights import Weights
from media.worker import Worker
from tests.analysis import ears, synth

Speak = Callable[..., Wave]

FIRST = "안녕하세요. 만나서 정말 반가워요."
SECOND = "혹시 어떤 음식을 좋아하세요?"
CODECS = {"wav": "pcm_s16le", "flac": "flac", "ogg": "libopus", "webm": "libopus", "mp3": "libmp3lame", "m4a": "aac"}


def save(path: Path, wave: Wave, rate: int = HEARING_RATE, stereo: bool = False) -> Path:
    """`wave` (already at `rate`) as a file of the kind its name says."""
    layout = "stereo" if stereo else "mono"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            CODECS[path.suffix[1:]], rate=48_000 if path.suffix in (".ogg", ".webm") else rate
        )
        stream.layout = layout
        samples = np.stack([wave, 0.5 * wave]) if stereo else wave[None]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(stream.format, layout, stream.rate, frame_size=stream.frame_size or 960)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def talk(speak: Speak) -> Wave:
    return np.concatenate([speak(FIRST), ears.silence(1.2), speak(SECOND)])


@pytest.fixture
def analyzer(whisper: WhisperSpeechToText, silero: SileroModel, worker: Worker) -> VoiceAnalyzer:
    return VoiceAnalyzer(whisper, ears.tracker(), silero.detector, worker)


@pytest.fixture(scope="module")
def report(whisper: WhisperSpeechToText, silero: SileroModel, talk: Wave) -> VoiceReport:
    """The clean recording's, analysed once."""
    with closing(Worker("test")) as worker:
        return asyncio.run(VoiceAnalyzer(whisper, ears.tracker(), silero.detector, worker).analyze(talk))


def test_a_recording_is_transcribed_and_scored(report: VoiceReport, talk: Wave) -> None:
    assert "반가워요" in report.transcript
    assert len(report.utterances) == 2
    assert report.emotion == "기쁨"
    assert report.voice_tone_score is not None
    assert report.word_choice_score is not None
    assert report.total_score == pytest.approx((report.voice_tone_score + report.word_choice_score) / 2, abs=1)
    assert report.seconds == pytest.approx(len(talk) / HEARING_RATE)
    assert report.speech_seconds < report.seconds - 1
    assert set(report.empathy) == {"warmth", "enthusiasm", "politeness", "confidence"}


@pytest.mark.parametrize("kind", list(CODECS))
def test_every_kind_of_file_gives_the_same_sound(kind: str, talk: Wave, tmp_path: Path) -> None:
    sound = decode(save(tmp_path / f"talk.{kind}", talk))

    assert len(sound) == pytest.approx(len(talk), abs=0.15 * HEARING_RATE)
    assert np.std(sound) == pytest.approx(np.std(talk), rel=0.1)
    assert np.allclose(decode((tmp_path / f"talk.{kind}").read_bytes()), sound)


@pytest.mark.parametrize(("rate", "stereo"), [(8_000, False), (44_100, True), (16_000, True)])
async def test_telephone_and_stereo_sound_is_scored_too(
    rate: int, stereo: bool, analyzer: VoiceAnalyzer, report: VoiceReport, talk: Wave, tmp_path: Path
) -> None:
    path = save(tmp_path / "talk.wav", synth.faster(talk, HEARING_RATE / rate), rate, stereo)

    found = await analyzer.analyze_file(path)

    assert found.total_score is not None
    assert found.speech_seconds == pytest.approx(report.speech_seconds, abs=0.3)


@pytest.mark.parametrize("sound", [ears.silence(20), synth.pink(8), synth.hum(8), np.zeros(0, np.float32)])
async def test_what_holds_no_speech_is_not_scored(sound: Wave, analyzer: VoiceAnalyzer) -> None:
    report = await analyzer.analyze(sound)

    assert (report.total_score, report.voice_tone_score, report.word_choice_score) == (None, None, None)
    assert report.emotion is None
    assert report.transcript == ""
    assert report.tone["voice_tone"].reason in ("no_speech", "too_little_speech")
    assert report.words["word_choice"].reason == "no_text"


async def test_music_is_not_a_person(analyzer: VoiceAnalyzer) -> None:
    t = np.arange(8 * HEARING_RATE) / HEARING_RATE
    notes = 220 * 2 ** (np.array([0, 4, 7, 12, 7, 4, 5, 9])[(t * 2).astype(int) % 8] / 12)
    phase = 2 * np.pi * np.cumsum(notes) / HEARING_RATE
    tune = sum(np.sin(k * phase) / k for k in (1, 2, 3)) * np.exp(-3 * (t * 2 % 1)) * 0.2

    assert (await analyzer.analyze(tune.astype(np.float32))).total_score is None


async def test_a_clipped_recording_is_trusted_less(analyzer: VoiceAnalyzer, report: VoiceReport, talk: Wave) -> None:
    clipped = await analyzer.analyze(np.clip(talk * 12, -0.6, 0.6).astype(np.float32))

    assert clipped.tone["volume"].confidence < report.tone["volume"].confidence


async def test_english_is_not_judged_as_korean(analyzer: VoiceAnalyzer, material: Weights) -> None:
    report = await analyzer.analyze_file(material.path("english.wav"))

    assert report.transcript
    assert (report.total_score, report.word_choice_score, report.emotion) == (None, None, None)
    assert report.tone["rate"].reason == "not_korean"
    assert report.words["politeness"].reason == "not_korean"
    assert report.tone["pitch"].value is not None  # the voice is a voice in any language


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("missing.wav", None, "bad_audio"),
        ("empty.wav", b"", "bad_audio"),
        ("text.wav", b"this is no sound at all" * 50, "bad_audio"),
        ("header.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "bad_audio"),
    ],
)
def test_what_is_no_sound_is_the_callers_to_mend(name: str, content: bytes | None, code: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DeyeonsoError, match=name) as caught:
        decode(path)

    assert caught.value.code == code
    assert caught.value.whose == "caller"


def test_a_picture_has_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))

    with pytest.raises(DeyeonsoError, match="no sound"):
        decode(path)


def test_an_hour_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    data = 3600 * HEARING_RATE * 2
    head = b"RIFF" + (36 + data).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    head += (1).to_bytes(2, "little") + (1).to_bytes(2, "little") + HEARING_RATE.to_bytes(4, "little")
    head += (2 * HEARING_RATE).to_bytes(4, "little") + (2).to_bytes(2, "little") + (16).to_bytes(2, "little")
    with path.open("wb") as file:
        file.write(head + b"data" + data.to_bytes(4, "little"))
        file.truncate(44 + data)  # an hour of silence that takes no room on the disk

    with pytest.raises(DeyeonsoError, match="longer than 15 minutes") as caught:
        decode(path)

    assert caught.value.code == "audio_too_long"


@pytest.mark.parametrize("kind", ["mp3", "flac"])
def test_a_recording_cut_off_is_analysed_as_far_as_it_goes(kind: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"talk.{kind}", synth.voice(6, 140))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    assert len(decode(path)) == pytest.approx(3 * HEARING_RATE, rel=0.2)


async def test_a_transcript_that_its_recogniser_doubts_is_not_held_against_the_speaker(
    silero: SileroModel, worker: Worker, talk: Wave
) -> None:
    class Guessing:
        name = "guessing"

        async def transcribe(self, samples: Wave) -> Transcript:
            return Transcript("야 이 바보야", 0.2)

        async def close(self) -> None:
            return None

    report = await VoiceAnalyzer(Guessing(), ears.tracker(), silero.detector, worker).analyze(talk)

    assert report.transcript == ""
    assert (report.total_score, report.word_choice_score) == (None, None)
    assert report.voice_tone_score is not None


def test_turns_part_at_silence_and_never_grow_too_long() -> None:
    speech = np.zeros(4000, np.float32)  # 64 s
    speech[100:200] = speech[230:300] = speech[400:500] = 1  # .48 s and 1.6 s apart
    speech[600:4000] = 1  # 54 s without a breath

    spans = turns(speech)

    assert [round(span.start, 1) for span in spans[:3]] == [1.4, 6.2, 9.4]
    assert max(span.seconds for span in spans) <= 20.5
    assert spans[-1].end == pytest.approx(64)
    assert turns(np.zeros(0, np.float32)) == []


def test_as_a_library_one_call_does_it_all(
    weights: Weights, whisper: WhisperSpeechToText, tmp_path: Path, talk: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_analyzer", None)
    analysis.preload_models()

    report = analysis.analyze_voice_file(str(save(tmp_path / "a.wav", talk)))

    assert report.transcript
    assert report.total_score is not None
    with pytest.raises(DeyeonsoError):
        analysis.analyze_voice_file(tmp_path / "none.wav")
