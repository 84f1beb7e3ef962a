"""The Edge adapter: the real `edge_tts` client against its protocol on a real socket, in real mp3."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import edge_tts.communicate
import edge_tts.constants
import numpy as np
import pytest

from media.errors import DeyeonsoError
from media.types import SPEECH_RATE
from persona.adapters.edge import EdgeSpeech, edge_reachable, prosody_pitch, prosody_rate
from persona.adapters.word_aligner import WordAligner
from persona.engines import SpeechPiece
from persona.schema import Voice
from tests.fakes.edge_server import GAP, WORD, FakeEdge, tone

VOICE = Voice(tts="ko-KR-SunHiNeural", rate=1.1, pitch=1.0)
TEXT = "안녕하세요. 오늘 날씨가 정말 좋네요!"
WORDS = TEXT.split()


class StandIn:
    """A synthesizer that counts what it is asked, and says it in one piece."""

    name = "stand-in"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed = False

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[SpeechPiece, None]:
        self.asked.append(text)
        yield SpeechPiece(np.ones(2400, np.int16), text)

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
async def edge(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeEdge]:
    async with FakeEdge() as edge:
        monkeypatch.setattr(edge_tts.communicate, "WSS_URL", edge.url)
        monkeypatch.setattr(edge_tts.constants, "WSS_URL", edge.url)
        yield edge


@pytest.fixture
async def speech(edge: FakeEdge) -> AsyncIterator[EdgeSpeech]:
    speech = EdgeSpeech(first_sound_s=0.8, idle_s=0.5)
    yield speech
    await speech.close()


@pytest.fixture
async def backed(edge: FakeEdge) -> AsyncIterator[tuple[EdgeSpeech, StandIn]]:
    stand_in = StandIn()
    speech = EdgeSpeech(stand_in, first_sound_s=0.8, idle_s=0.5)
    yield speech, stand_in
    await speech.close()


async def said(speech: EdgeSpeech, text: str = TEXT) -> list[SpeechPiece]:
    return [piece async for piece in speech.speak(text, VOICE)]


async def keep(stream: AsyncIterator[SpeechPiece], pieces: list[SpeechPiece]) -> None:
    """Read `stream` to its end; what came before an error stays in `pieces`."""
    async for piece in stream:
        pieces += [piece]


async def fails(speech: EdgeSpeech) -> tuple[DeyeonsoError, list[SpeechPiece]]:
    pieces: list[SpeechPiece] = []
    with pytest.raises(DeyeonsoError) as caught:
        await keep(speech.speak(TEXT, VOICE), pieces)
    assert caught.value.whose == "upstream"
    return caught.value, pieces


def texts(pieces: list[SpeechPiece]) -> list[str]:
    return [piece.text for piece in pieces if piece.text]


def loudest_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64)))
    return float(np.fft.rfftfreq(len(samples), 1 / SPEECH_RATE)[spectrum.argmax()])


def tones(pieces: list[SpeechPiece]) -> list[float]:
    """Hz of the tones heard, in order: the middle of each stretch of sound."""
    sound = np.concatenate([piece.samples for piece in pieces]).astype(np.int32)
    loud = np.convolve(np.abs(sound) > 1500, np.ones(480), "same") > 120
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(int)))
    return [loudest_hz(sound[a:b]) for a, b in edges.reshape(-1, 2)]


async def test_each_piece_sounds_the_word_it_carries(speech: EdgeSpeech) -> None:
    pieces = await said(speech)
    assert texts(pieces) == WORDS
    for number, piece in enumerate(piece for piece in pieces if piece.text):
        assert piece.samples.dtype == np.int16
        assert loudest_hz(piece.samples) == pytest.approx(tone(number), abs=15)


async def test_most_silence_around_the_sentence_is_trimmed_and_none_within_it(speech: EdgeSpeech) -> None:
    seconds = sum(len(piece.samples) for piece in await said(speech)) / SPEECH_RATE
    spoken = len(WORDS) * WORD + (len(WORDS) - 1) * GAP
    assert spoken + 0.2 <= seconds <= spoken + 0.4


async def test_voice_rate_and_pitch_are_asked_for_in_the_services_units(edge: FakeEdge, speech: EdgeSpeech) -> None:
    await said(speech)
    (asked,) = edge.requests
    assert asked["voice"] == "Microsoft Server Speech Text to Speech Voice (ko-KR, SunHiNeural)"
    assert (asked["rate"], asked["pitch"]) == ("+10%", "+12Hz")
    assert asked["text"] == TEXT
    assert asked["words"], "word times are not the default any more"


@pytest.mark.parametrize(
    ("rate", "pitch", "tts", "expected"),
    [
        (1.0, 0.0, "ko-KR-SunHiNeural", ("+0%", "+0Hz")),
        (0.85, -2.0, "ko-KR-SunHiNeural", ("-15%", "-23Hz")),
        (2.0, 12.0, "ko-KR-InJoonNeural", ("+100%", "+120Hz")),
    ],
)
def test_rate_and_pitch_in_the_services_units(rate: float, pitch: float, tts: str, expected: tuple[str, str]) -> None:
    voice = Voice(tts=tts, rate=rate, pitch=pitch)
    assert (prosody_rate(voice), prosody_pitch(voice)) == expected


async def test_the_first_word_is_heard_while_the_rest_is_still_coming(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.slow = 0.05
    async with aclosing(speech.speak(TEXT, VOICE)) as pieces:
        first = await anext(pieces)
        assert first.text == WORDS[0]
        assert edge.sent < 10


async def test_closing_the_iterator_closes_the_connection(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.hang_after = 8
    pieces = speech.speak(TEXT, VOICE)
    await anext(pieces)
    await pieces.aclose()
    async with asyncio.timeout(5):
        await edge.gone.wait()


async def test_a_turn_without_sound_is_asked_for_again(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.silent = 1
    assert texts(await said(speech)) == WORDS
    assert edge.connections == 2


async def test_words_that_are_missing_without_a_word_are_asked_for_again_and_only_they(
    edge: FakeEdge, speech: EdgeSpeech
) -> None:
    edge.script.missing = [2]
    pieces = await said(speech)
    assert texts(pieces) == WORDS
    assert [asked["text"] for asked in edge.requests] == [TEXT, "정말 좋네요!"]
    assert tones(pieces) == pytest.approx([tone(n) for n in (0, 1, 2, 0, 1)], abs=15)


async def test_a_connection_that_breaks_mid_sentence_is_taken_up_at_the_next_word(
    edge: FakeEdge, speech: EdgeSpeech
) -> None:
    edge.script.cut_after = [10]
    pieces = await said(speech)
    assert texts(pieces) == WORDS
    again = edge.requests[1]["text"]
    assert TEXT.endswith(again)
    assert again != TEXT


async def test_a_voice_that_keeps_breaking_off_says_so(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.cut_after = [10, 0]
    error, pieces = await fails(speech)
    assert error.code == "voice_cut_off"
    assert texts(pieces) == WORDS[: len(texts(pieces))]


async def test_sound_without_word_times_is_spoken_with_its_whole_text(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.untimed = True
    pieces = await said(speech)
    assert pieces[0].text == TEXT
    assert texts(pieces) == [TEXT]
    assert len(tones(pieces)) == len(WORDS)
    assert edge.connections == 1


async def test_a_silent_service_is_one_error_never_a_hang(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.hang_first = True
    error, pieces = await fails(speech)
    assert (error.code, pieces) == ("voice_timeout", [])
    assert edge.connections == 1


async def test_a_service_that_falls_silent_mid_sentence_is_one_error(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.hang_after = 8
    error, pieces = await fails(speech)
    assert error.code == "voice_cut_off"
    assert texts(pieces)[0] == WORDS[0]


async def test_no_sound_twice_is_one_error(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.silent = 2
    error, _ = await fails(speech)
    assert error.code == "voice_failed"


async def test_what_is_no_mp3_is_an_error_not_noise(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.garbage = True
    error, pieces = await fails(speech)
    assert (error.code, pieces) == ("voice_failed", [])


async def test_a_service_that_refuses_is_unavailable(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.statuses = [503, 503]
    error, _ = await fails(speech)
    assert error.code == "voice_unavailable"


async def test_a_wrong_clock_is_put_right_by_the_real_client(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.statuses = [403]
    assert texts(await said(speech)) == WORDS


async def test_the_stand_in_speaks_when_the_service_fails_before_the_first_sound(
    edge: FakeEdge, backed: tuple[EdgeSpeech, StandIn]
) -> None:
    speech, stand_in = backed
    edge.script.silent = 2
    assert texts(await said(speech)) == [TEXT]
    assert stand_in.asked == [TEXT]


async def test_a_failed_service_is_left_alone_for_a_while_and_then_asked_again(
    edge: FakeEdge, backed: tuple[EdgeSpeech, StandIn]
) -> None:
    speech, stand_in = backed
    edge.script.silent = 2
    for number in range(9):
        await said(speech, f"{number}번 문장")
    assert len(stand_in.asked) == 9
    assert edge.connections == 2
    assert texts(await said(speech, "다시 에지")) == ["다시", "에지"]
    assert edge.connections == 3


async def test_the_stand_in_does_not_take_over_in_the_middle_of_a_sentence(
    edge: FakeEdge, backed: tuple[EdgeSpeech, StandIn]
) -> None:
    speech, stand_in = backed
    edge.script.cut_after = [10, 0]
    error, _ = await fails(speech)
    assert error.code == "voice_cut_off"
    assert not stand_in.asked


async def test_an_opener_comes_from_memory_the_second_time(edge: FakeEdge, speech: EdgeSpeech) -> None:
    first, second = await said(speech, "아, 정말요?"), await said(speech, "아, 정말요?")
    assert edge.connections == 1
    assert texts(first) == texts(second) == ["아,", "정말요?"]
    await said(speech, "아, 그래요?")
    assert edge.connections == 2


async def test_the_memory_is_small_and_forgets_the_oldest(edge: FakeEdge) -> None:
    speech = EdgeSpeech(cached=2, cached_s=1.0)
    for text in ("네.", "아.", "오.", "네.", "오."):
        await said(speech, text)
    assert [asked["text"] for asked in edge.requests] == ["네.", "아.", "오.", "네."]
    for _ in range(2):
        await said(speech, TEXT)
    assert edge.connections == 6, "a long sentence is not kept"
    await speech.close()


async def test_a_sentence_that_was_cut_short_is_not_remembered(edge: FakeEdge, speech: EdgeSpeech) -> None:
    edge.script.slow = 0.02
    async with aclosing(speech.speak("네, 좋아요.", VOICE)) as pieces:
        await anext(pieces)
    await said(speech, "네, 좋아요.")
    assert edge.connections == 2


@pytest.mark.parametrize("text", ["", " ", "…!?", "😊"])
async def test_what_cannot_be_spoken_is_not_asked_for(text: str, edge: FakeEdge, speech: EdgeSpeech) -> None:
    assert await said(speech, text) == []
    assert edge.connections == 0


async def test_closing_closes_the_stand_in_too(backed: tuple[EdgeSpeech, StandIn]) -> None:
    speech, stand_in = backed
    await speech.close()
    assert stand_in.closed


async def test_a_reachable_service_is_told_from_a_missing_network(
    edge: FakeEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await edge_reachable()
    monkeypatch.setattr(edge_tts.constants, "WSS_URL", "wss://127.0.0.1:9/edge/v1")
    assert not await edge_reachable()
    monkeypatch.setattr(edge_tts.constants, "WSS_URL", "wss://no-such-host.invalid/edge/v1")
    assert not await edge_reachable()


LOUD = np.full(SPEECH_RATE // 2, 5000, np.int16)


def test_a_word_the_service_reads_in_another_form_is_not_asked_for_again() -> None:
    aligner = WordAligner("지금 10시예요.")
    pieces = aligner.word("지금", 0.5) + aligner.word("열시예요", 1.0)
    pieces += aligner.sound(LOUD) + aligner.sound(LOUD) + aligner.finish()
    assert texts(pieces) == ["지금", "10시예요."]
    assert aligner.unspoken == ""


def test_parts_of_one_word_go_out_together() -> None:
    aligner = WordAligner("3월 좋아요")
    pieces = aligner.word("3", 0.25) + aligner.word("월", 0.5) + aligner.word("좋아요", 1.0)
    pieces += aligner.sound(LOUD) + aligner.sound(LOUD) + aligner.finish()
    assert texts(pieces) == ["3월", "좋아요"]


def test_a_told_word_whose_sound_never_came_is_unspoken() -> None:
    aligner = WordAligner("하나 둘 셋")
    pieces = aligner.word("하나", 0.5) + aligner.word("둘", 1.0) + aligner.word("셋", 1.5)
    pieces += aligner.sound(LOUD) + aligner.finish()
    assert texts(pieces) == ["하나"]
    assert aligner.unspoken == "둘 셋"
