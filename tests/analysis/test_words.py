"""What a turn's words are: level, empathy, courtesy, questions, follow-ups; and what cannot be said of them."""

from __future__ import annotations

import pytest

from analysis import words
from analysis.exchange import not_interrupting_score
from analysis.questions import is_question
from analysis.readings import MentionKind
from media.types import Span

FOUND: dict[MentionKind, str] = {
    "backchannel": "그랬군요. | 그렇구나. | 정말요? | 그러셨구나! | 우와, 좋네요.",
    "feeling": "많이 힘드셨겠어요. | 속상했겠다. | 기쁘시겠어요.",
    "agreement": "맞아요, 그래요. | 저도요. | 그쵸? | 저도 그래요.",
    "appreciation": "고마워요. | 정말 멋지네요. | 덕분에 잘 지냈어요.",
    "polite": "혹시 시간 있어요? | 어디 사세요? | 도와주시겠어요? | 죄송해요.",
    "hedge": "그런 것 같아요. | 아마 그럴걸요. | 글쎄요.",
    "exclamation": "우와, 대단해요! | 그래요!",
    "filler": "음, 저는 괜찮아요. | 저는 어 잘 몰라요.",
    "question": "뭐 하세요 | 어디 살아요. | 같이 갈까요 | 좋으십니까 | 커피 마실래 | 왜 그랬어 | 밥은 먹었나요",
}
NOT_FOUND: dict[MentionKind, str] = {
    "feeling": "제가 힘들겠어요. | 도와주시겠어요? | 모르겠어요.",
    "filler": "저는 학생이에요. | 그 사람이 저 친구예요. | 네, 그래요.",
    "polite": "밥 먹었어.",
    "exclamation": "비가 와요.",
    "backchannel": "와서 먹어요.",
    "question": "왜 그런지 몰라요. | 뭐든 좋아요. | 언젠가 갈 거예요. | 그러니까 괜찮아요. | 정말 좋아요!",
}


def table(of: dict[MentionKind, str]) -> list[tuple[MentionKind, str]]:
    return [(kind, text.strip()) for kind, texts in of.items() for text in texts.split("|")]


@pytest.mark.parametrize(("kind", "text"), table(FOUND))
def test_an_expression_is_found(kind: MentionKind, text: str) -> None:
    assert words.read(text).count(kind) >= 1


@pytest.mark.parametrize(("kind", "text"), table(NOT_FOUND))
def test_what_only_looks_like_one_is_not(kind: MentionKind, text: str) -> None:
    assert words.read(text).count(kind) == 0


def test_a_rising_melody_asks_and_a_falling_one_tells() -> None:
    assert is_question("밥 먹었어요", final_rise=6.0)
    assert not is_question("밥 먹었어요", final_rise=-2.0)
    assert not is_question("밥 먹었어요")
    assert not is_question("밥 먹었습니다", final_rise=6.0)


ASKED = """고양이 키우세요 | 저녁은 드셨어요 | 일은 할 만하세요 | 그럼 강아지랑 같이 사시는 거예요 | 지금 바쁘세요 |
    그 영화 진짜 재밌었는데 보셨어요 | 잠은 편하게 주무셨어요 | 언제 다녀오셨어요 | 어디 사세요 | 커피 자주 드세요 |
    요즘 뭐 재미있는 거 있어요 | 그때 기분이 어땠어요 | 몇 시에 일어나세요 | 혼자 사세요 | 운동은 자주 하세요 |
    매운 거 좋아하세요 | 영화 좋아하시나요 | 같이 가실래요 | 여기 와 보셨어요 | 저는 민수예요 서아 씨는요"""
TOLD = """안녕히 가세요 | 앉으세요 | 건강하세요 | 많이 힘드셨겠어요 | 대단하시네요 | 고생하셨어요 | 고생 많으셨어요 |
    우리 할머니가 키우세요 | 부모님은 부산에 사세요 | 천천히 말씀해 주세요 | 걱정하지 마세요 | 잘하셨어요 |
    맛있게 드세요 | 안녕하세요 | 푹 쉬세요 | 저는 뭐 그냥 집에서 쉬어요 | 저희 아버지는 회사에 다니세요 |
    재밌게 사시네요 | 선생님이 말씀하셨어요 | 정말 멋있으세요 | 조심히 들어가세요 | 좋은 하루 보내세요 |
    저는 회사에 다녀요 | 여행 좋아하시나 봐요"""


def test_what_a_recogniser_writes_without_signs_asks_and_tells_as_it_was_meant() -> None:
    """Held-out sentences; without a sign and a melody, at least 90 % of each."""
    asked, told = ([one.strip() for one in text.split("|")] for text in (ASKED, TOLD))

    missed = [one for one in asked if not is_question(one)]
    invented = [one for one in told if is_question(one)]

    assert len(missed) <= 0.1 * len(asked), missed
    assert len(invented) <= 0.1 * len(told), invented


@pytest.mark.parametrize(
    ("text", "sentences", "questions"),
    [
        ("안녕하세요 저는 김민수예요 주말에 뭐 하세요", 3, 1),
        ("저도 등산 좋아해요 혹시 어느 산 자주 가세요 저는 북한산 자주 가요", 3, 1),
        ("아 그렇구나 많이 힘드셨겠어요 그래서 지금은 괜찮으세요", 3, 1),
        ("네 맞아요 저는 회사에서 마케팅 일을 하고 있어요", 2, 0),
        ("취미가 뭐예요 저는 그림 그리는 거 좋아해요", 2, 1),
        ("여행 좋아하시나 봐요", 1, 0),
        ("몇 시에 일어나세요 보통", 1, 0),  # what follows an ending without one is no sentence
        ("비가 오는데 우산을 안 가져왔어요", 1, 0),
    ],
)
def test_a_turn_without_any_sign_is_cut_at_its_endings(text: str, sentences: int, questions: int) -> None:
    reading = words.read(text)

    assert len(reading.sentences) == len(reading.levels) == sentences
    assert reading.count("question") == questions


def test_a_follow_up_takes_up_what_she_said() -> None:
    her = "저는 주말마다 등산을 가요."

    assert words.read("등산은 어디로 가세요?", said_before=her).count("follow_up") == 1
    assert words.read("음식은 뭐 좋아하세요?", said_before=her).count("follow_up") == 0
    assert words.read("저도 등산 좋아해요.", said_before=her).count("follow_up") == 0


def test_one_expression_counts_once() -> None:
    assert words.read("괜찮으시면 같이 가 주시겠어요?").count("polite") == 2


def test_courtesy_is_scored_against_the_agreed_level() -> None:
    polite, casual = words.read("저는 서울에 살아요."), words.read("나는 서울에 살아.")

    assert polite.levels == ("해요체",)
    assert casual.levels == ("해체",)
    assert (polite.scores["politeness"].value or 0) > 70 > 30 > (casual.scores["politeness"].value or 0)
    assert words.read("나는 서울에 살아.", expected="반말").scores["politeness"].value == 100
    assert words.politeness([casual]).evidence[0].tip_id == "casual_slip"


def test_breaking_in_lowers_courtesy_only_where_it_is_known() -> None:
    said = [words.read("저는 서울에 살아요. 혹시 어디 사세요?")]
    broke_in = not_interrupting_score([Span(1, 3)], [Span(0, 5)])

    assert (words.politeness(said, broke_in).value or 0) < (words.politeness(said).value or 0)


def test_an_empathic_turn_raises_the_score_and_shows_its_moment() -> None:
    plain, kind = words.read("저는 서울에 살아요."), words.read("그랬군요. 많이 힘드셨겠어요.", span=Span(3, 5))

    assert (kind.scores["empathy"].value or 0) > (plain.scores["empathy"].value or 0)
    moment = kind.scores["empathy"].evidence[0]
    assert (moment.t0, moment.t1, moment.quote, moment.direction) == (3, 5, "그랬군요.", "good")


def test_more_turns_make_surer_not_higher() -> None:
    turn = words.read("정말 재밌네요. 혹시 어디 사세요?")
    one, many = words.pool([turn]), words.pool([turn] * 6)

    assert many["word_choice"].value == pytest.approx(one["word_choice"].value)
    assert many["word_choice"].confidence > one["word_choice"].confidence


@pytest.mark.parametrize(
    ("text", "reason"),
    [(text, "no_text") for text in ("", "   ", "😀😀", "...")] + [("Nice to meet you, how are you?", "not_korean")],
)
def test_what_is_no_korean_is_not_scored(text: str, reason: str) -> None:
    scores = words.read(text).scores

    assert {score.value for score in scores.values()} == {None}
    assert {score.reason for score in scores.values()} == {reason}


@pytest.mark.parametrize(
    "text", ["ㅋㅋㅋㅋ", "했엉", "아아아아아", "가" * 5000, "\u0000\ufffd", "저는 😀 좋아요", "안녕!!!!!!", "\n\n네\n"]
)
def test_odd_texts_are_read_without_harm(text: str) -> None:
    for score in words.read(text).scores.values():
        assert score.value is None or 0 <= score.value <= 100
