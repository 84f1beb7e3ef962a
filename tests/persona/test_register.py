"""A sentence moves between 존댓말 and 반말 as a Korean would write it; every line of every persona survives it."""

from __future__ import annotations

import pytest

from analysis.speech_level import sentence_levels
from persona import Persona, PersonaManager
from persona.register import to_casual, to_polite
from persona.sentences import split


@pytest.mark.parametrize(
    ("polite", "casual"),
    [
        ("주말엔 보통 뭐 하세요?", "주말엔 보통 뭐 해?"),
        ("저는 이서아예요.", "나는 이서아야."),
        ("이름이 뭐예요?", "이름이 뭐야?"),
        ("많이 힘드셨겠어요.", "많이 힘들었겠다."),
        ("제가 할게요.", "내가 할게."),
        ("아까 여행 얘기하셨잖아요.", "아까 여행 얘기했잖아."),
        ("커피는 어떤 걸 즐겨 드세요?", "커피는 어떤 걸 즐겨 먹어?"),
        ("네, 저도 정말 반가워요!", "응, 나도 정말 반가워!"),
        ("떡볶이요!", "떡볶이!"),
        ("저 ENFP예요.", "나 ENFP야."),
        ("그쪽은 어떠세요?", "너는 어때?"),
        ("이름이 '결'이에요.", "이름이 '결'이야."),
        ("요즘 잠은 푹 주무세요?", "요즘 잠은 푹 자?"),
        ("말해 주실래요?", "말해 줄래?"),
        ("그럼요, 정말이에요.", "그럼, 정말이야."),
        ("만나서 반갑습니다.", "만나서 반가워."),
    ],
)
def test_polite_becomes_casual(polite: str, casual: str) -> None:
    assert to_casual(polite) == casual


@pytest.mark.parametrize(
    ("casual", "polite"),
    [
        ("나는 떡볶이 좋아해.", "저는 떡볶이 좋아해요."),
        ("오늘 뭐 했니?", "오늘 뭐 했어요?"),
        ("개발자야.", "개발자예요."),
        ("사람이야.", "사람이에요."),
        ("너무 재밌다.", "너무 재밌어요."),
        ("같이 가자.", "같이 가요."),
        ("응, 나도 그래.", "네, 저도 그래요."),
        ("내가 할게.", "제가 할게요."),
        ("그건 몰랐네.", "그건 몰랐네요."),
        ("어디 가?", "어디 가요?"),
    ],
)
def test_casual_becomes_polite(casual: str, polite: str) -> None:
    assert to_polite(casual) == polite


def lines_of(persona: Persona) -> list[str]:
    own = [line for entry in (*persona.about, *persona.boundaries) for line in entry.lines]
    stock = [line for lines in persona.lines.values() for line in lines if "{" not in line]
    return [*persona.openers, *persona.deflections, *persona.asks, *own, *stock, *persona.safety.refuse]


@pytest.mark.parametrize("persona", PersonaManager().list_personas(), ids=lambda persona: persona.id)
def test_every_line_of_a_persona_keeps_its_level_and_its_length(persona: Persona) -> None:
    for line in lines_of(persona):
        assert len(split(line)) <= persona.speech.max_sentences, line
        for sentence, reading in sentence_levels(line):
            assert reading.polite is not False or reading.weak, sentence
        for sentence, reading in sentence_levels(to_casual(line)):
            assert reading.polite is not True, (line, sentence)


@pytest.mark.parametrize("text", ["", "!!!", "3.5점", "hello world", "ㅋㅋㅋ", "😀", "가" * 3000])
def test_what_is_no_sentence_comes_back_as_it_is(text: str) -> None:
    assert to_polite(text)[:100] == text[:100]
    assert isinstance(to_casual(text), str)
