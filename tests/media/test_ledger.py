"""The playback ledger: what was heard up to a sample, by table and by properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ledger import PlaybackLedger, cut
from media.types import SPEECH_RATE as RATE
from media.types import Span


@pytest.mark.parametrize(
    ("text", "fraction", "heard"),
    [
        ("안녕하세요 반가워요", 0.0, ""),
        ("안녕하세요 반가워요", 0.2, ""),  # the first word has barely begun
        ("안녕하세요 반가워요", 0.3, "안녕하세요"),  # mostly played, so it counts
        ("안녕하세요 반가워요", 0.6, "안녕하세요"),
        ("안녕하세요 반가워요", 0.8, "안녕하세요 반가워요"),
        ("안녕하세요 반가워요", 1.0, "안녕하세요 반가워요"),
        ("저는 스물여덟 살이에요.", 0.25, "저는"),
        ("저는 스물여덟 살이에요.", 0.5, "저는 스물여덟"),
        ("2025년 MBTI 검사", 0.5, "2025년"),  # digits and Latin letters take time too
        ("  빈칸이   많아요  ", 1.0, "빈칸이 많아요"),
        ("... 음", 0.1, "..."),  # a sign takes no time
        ("", 0.5, ""),
    ],
)
def test_a_text_is_cut_at_the_word_that_was_mostly_played(text: str, fraction: float, heard: str) -> None:
    assert cut(text, fraction) == heard


def test_a_reply_played_to_its_end_was_heard_whole() -> None:
    ledger = PlaybackLedger()
    ledger.append(RATE, "안녕하세요!")
    ledger.append(2 * RATE, "만나서 정말 반가워요.")
    ledger.close()
    ledger.played(0, 3 * RATE, 10.0)
    heard = ledger.heard()
    assert heard.text == "안녕하세요! 만나서 정말 반가워요."
    assert heard.complete
    assert heard.seconds == 3.0
    assert heard.pieces == (("안녕하세요!", Span(10.0, 11.0)), ("만나서 정말 반가워요.", Span(11.0, 13.0)))


def test_nothing_played_is_nothing_heard() -> None:
    ledger = PlaybackLedger()
    ledger.append(RATE, "안녕하세요!")
    ledger.close()
    heard = ledger.heard()
    assert (heard.text, heard.seconds, heard.complete, heard.pieces) == ("", 0.0, False, ())


def test_a_cut_reply_ends_with_the_last_word_that_was_played() -> None:
    ledger = PlaybackLedger()
    ledger.append(RATE, "안녕하세요!")
    ledger.append(2 * RATE, "만나서 정말 반가워요.")
    ledger.close()
    ledger.played(0, 2 * RATE, 0.0)  # half of the second sentence: 4 of 8 syllables
    assert ledger.heard().text == "안녕하세요! 만나서 정말"
    assert not ledger.heard().complete


def test_samples_without_text_continue_the_piece_before() -> None:
    ledger = PlaybackLedger()
    ledger.append(RATE, "하나 둘 셋 넷")
    ledger.append(RATE, "")
    ledger.append(RATE, "다섯")
    ledger.played(0, RATE, 0.0)
    assert ledger.heard().text == "하나 둘"
    ledger.played(RATE, 2 * RATE, 1.0)
    assert ledger.heard().text == "하나 둘 셋 넷"


def test_of_a_piece_still_being_synthesized_only_what_fits_the_time_counts() -> None:
    ledger = PlaybackLedger()
    ledger.append(RATE, "어제는 친구하고 같이 한강에서 자전거를 탔어요 정말 즐거웠어요")  # 27 syllables, about 5 s
    ledger.played(0, RATE, 0.0)
    assert ledger.heard().text == "어제는 친구하고"  # 5.5 syllables in the second that was played
    ledger.close()  # now the second is known to be all there is
    assert ledger.heard().text.endswith("즐거웠어요")


def test_playing_something_again_takes_nothing_back() -> None:
    ledger = PlaybackLedger()
    ledger.append(RATE, "하나 둘")
    ledger.close()
    ledger.played(0, RATE, 0.0)
    ledger.played(RATE // 4, RATE // 2, 3.0)
    assert ledger.heard().text == "하나 둘"
    assert ledger.heard().seconds == 1.0
    assert ledger.heard().pieces == (("하나 둘", Span(0.0, 3.25)),)


def test_padding_behind_the_last_sample_is_not_speech() -> None:
    ledger = PlaybackLedger()
    ledger.append(100, "네")
    ledger.close()
    ledger.played(0, 480, 1.0)
    assert ledger.heard().seconds == 100 / RATE
    assert ledger.heard().pieces == (("네", Span(1.0, 1.0 + 100 / RATE)),)


words = st.lists(st.text("가나다라마바사아자차카타파하", min_size=1, max_size=6), min_size=1, max_size=12).map(" ".join)


@given(st.lists(st.tuples(st.integers(1, RATE), words), min_size=1, max_size=6), st.data())
def test_what_was_heard_is_always_a_growing_beginning_of_what_was_said(
    pieces: list[tuple[int, str]], data: st.DataObject
) -> None:
    ledger = PlaybackLedger()
    for samples, text in pieces:
        ledger.append(samples, text)
    ledger.close()
    whole = " ".join(text for _, text in pieces)
    before = ""
    for stop in sorted(data.draw(st.lists(st.integers(0, ledger.queued), max_size=8))):
        ledger.played(ledger.counter, stop, ledger.counter / RATE)
        heard = ledger.heard().text
        assert whole.startswith(heard)
        assert len(heard) >= len(before)
        before = heard
    ledger.played(ledger.counter, ledger.queued, 0.0)
    assert ledger.heard().text == whole
