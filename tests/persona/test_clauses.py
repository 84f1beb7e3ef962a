"""A reply is cut where a Korean speaker would breathe, the first clause short when the sentence is long."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona.korean.clauses import BREATH_PAUSE, COMMA_PAUSE, SENTENCE_PAUSE, clauses


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("안녕하세요! 만나서 반가워요.", ["안녕하세요!", "만나서 반가워요."]),
        ("네, 그럼요.", ["네, 그럼요."]),
        ("가격은 1,000원이고 3.5점이에요.", ["가격은 1,000원이고 3.5점이에요."]),
        ("아 진짜요? 저도 그 노래 완전 좋아하는데, 혹시 들어 보셨어요?",
            ["아 진짜요?", "저도 그 노래 완전 좋아하는데,", "혹시 들어 보셨어요?"]),
        ("스타트업에서 마케팅을 하고 있어요.", ["스타트업에서", "마케팅을 하고 있어요."]),
        ("저는 아직 잘 모르겠어요 그런데 괜찮아요", ["저는 아직 잘 모르겠어요", "그런데 괜찮아요"]),
        ("“정말요?” 하고 물었어요.", ["“정말요?” 하고 물었어요."]),
        ("음... 글쎄요…", ["음... 글쎄요…"]),
        ("첫 줄이에요\n둘째 줄이에요", ["첫 줄이에요", "둘째 줄이에요"]),
    ],
)  # fmt: skip
def test_it_is_cut_where_one_breathes(text: str, cut: list[str]) -> None:
    assert [clause.text for clause in clauses(text)] == cut


def test_no_breath_tears_a_verb_from_its_helper() -> None:
    cut = [clause.text for clause in clauses("다음 주말에는 꼭 한번 부산에 놀러 가고 싶어요 진짜로요")]
    assert not any(clause.endswith("가고") for clause in cut)


def test_a_clause_grows_no_faster_than_it_can_be_made_while_the_one_before_plays() -> None:
    text = "저는 요즘 영화 보는 걸 좋아해서 주말마다 극장에 가는데 혹시 영화 좋아하세요?"
    lengths = [len(clause.text.replace(" ", "")) for clause in clauses(text)]
    assert lengths[0] <= 11
    assert all(after <= max(11, 2 * before) for before, after in pairwise(lengths))


def test_pauses_tell_commas_from_sentence_ends() -> None:
    pauses = [clause.pause for clause in clauses("저는 스물여덟 살이고, 마케팅을 해요. 그쪽은 어떤 일을 하세요?")]
    assert pauses[:2] == [COMMA_PAUSE, SENTENCE_PAUSE]
    assert pauses[-1] == SENTENCE_PAUSE
    assert set(pauses) <= {BREATH_PAUSE, COMMA_PAUSE, SENTENCE_PAUSE}


def test_a_text_without_spaces_is_cut_by_length_alone() -> None:
    assert max(len(clause.text) for clause in clauses("가" * 300)) <= 64


@given(st.text(alphabet='가나요네고는 .,?!~…1\n😊"a', max_size=200))
def test_nothing_written_is_lost(text: str) -> None:
    assert "".join("".join(clause.text for clause in clauses(text)).split()) == "".join(text.split())
