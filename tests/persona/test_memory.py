"""What people tell of themselves is found, replaced when it changes, and recalled sessions later."""

from __future__ import annotations

import pytest

from persona import PersonaManager
from persona.brain import reply
from persona.companion import Companion
from persona.intimacy import Relationship
from persona.memory import MOST_FACTS, extract, given_name, merged, summarised
from persona.types import Fact, Line


@pytest.mark.parametrize(
    ("said", "asked", "facts"),
    [
        ("저는 김민수예요.", "", [("name", "김민수")]),
        ("안녕하세요, 저는 지현이라고 해요.", "", [("name", "지현")]),
        ("민수요.", "성함이 어떻게 되세요?", [("name", "민수")]),
        ("저는 민수예요.", "", [("name", "민수")]),
        ("저는 개발자예요.", "", [("job", "개발자")]),
        ("나는 초등학교 교사야.", "", [("job", "교사")]),
        ("마케팅 일을 하고 있어요.", "", [("job", "마케팅 일")]),
        ("서른두 살이에요.", "", [("age", "서른두 살")]),
        ("97년생이에요.", "", [("age", "97년생")]),
        ("마포에 살아요.", "", [("home", "마포")]),
        ("고향은 전주예요.", "", [("hometown", "전주")]),
        ("저는 떡볶이를 진짜 좋아해요.", "", [("likes", "떡볶이")]),
        ("영화 보는 걸 좋아해요.", "", [("likes", "영화 보기")]),
        ("제일 좋아하는 음식은 초밥이에요.", "", [("likes", "초밥")]),
        ("커피는 별로 안 좋아해요.", "", [("dislikes", "커피")]),
        ("저는 버섯을 못 먹어요.", "", [("dislikes", "버섯")]),
        ("고양이를 두 마리 키워요.", "", [("pet", "고양이")]),
        ("누나가 한 명 있어요.", "", [("family", "누나")]),
        ("내일 면접이 있어요.", "", [("plan", "내일 면접")]),
        ("제 취미는 클라이밍이에요.", "", [("hobby", "클라이밍")]),
        ("저 인프피예요.", "", [("mbti", "INFP")]),
        ("생일은 3월 5일이에요.", "", [("birthday", "3월 5일")]),
        ("떡볶이 좋아하세요?", "", []),
        ("저는 괜찮아요.", "", []),
        ("오늘 너무 피곤했어요.", "", []),
        ("", "", []),
    ],
)
def test_a_fact_is_found_in_what_was_said(said: str, asked: str, facts: list[tuple[str, str]]) -> None:
    assert extract(said, asked) == facts


def test_a_new_value_replaces_the_old_and_dislike_ends_like() -> None:
    facts = merged(
        [Fact("home", "마포"), Fact("likes", "커피"), Fact("likes", "등산")],
        [Fact("home", "판교"), Fact("dislikes", "커피")],
    )
    assert [(fact.slot, fact.value) for fact in facts] == [("home", "판교"), ("likes", "등산"), ("dislikes", "커피")]


def test_what_is_said_again_is_the_newest() -> None:
    facts = merged([Fact("likes", "커피"), Fact("likes", "등산")], [Fact("likes", "커피")])
    assert [fact.value for fact in facts] == ["등산", "커피"]


def test_memory_is_bounded_and_never_forgets_the_name() -> None:
    many = [Fact("name", "민수"), *(Fact("likes", f"것{number}") for number in range(500))]
    facts = merged(many, [])
    assert len(facts) == MOST_FACTS
    assert facts[0].value == "민수"
    assert len(summarised("가" * 1000, [Line("user", "오늘은 회사에서 발표를 했어요.")])) <= 600


def test_a_given_name_is_what_people_are_called() -> None:
    assert [given_name(name) for name in ("김민수", "민수", "남궁민수", "")] == ["민수", "민수", "남궁민수", ""]


PLANTED = [
    ("저는 민수예요.", "제 이름이 뭐죠?", "민수"),
    ("저는 개발자예요.", "제 직업이 뭐라고 했죠?", "개발자"),
    ("저는 마포에 살아요.", "제가 어디 산다고 했죠?", "마포"),
    ("제 고향은 전주예요.", "제 고향이 어디라고 했죠?", "전주"),
    ("저는 고양이를 키워요.", "제가 뭘 키운다고 했죠?", "고양이"),
    ("저는 초밥을 좋아해요.", "제가 뭘 좋아한다고 했죠?", "초밥"),
    ("저는 오이를 싫어해요.", "제가 뭘 싫어한다고 했죠?", "오이"),
    ("제 취미는 클라이밍이에요.", "제 취미가 뭐라고 했죠?", "클라이밍"),
    ("제 생일은 3월 5일이에요.", "제 생일 기억해요?", "3월 5일"),
    ("저는 INFJ예요.", "제 MBTI 기억하세요?", "INFJ"),
]


@pytest.mark.parametrize("persona_id", ["seoa", "seokju", "dohyun"])
def test_of_ten_planted_facts_nine_are_recalled_three_sessions_later(persona_id: str) -> None:
    persona = PersonaManager().get_persona(persona_id)
    relationship = Relationship()

    def call(lines: list[str]) -> list[str]:
        nonlocal relationship
        companion, history, said = Companion(relationship, seed=3), [], []
        for line in lines:
            history.append(Line("user", line))
            said.append(" ".join(reply(companion.prompt(persona, history))))
            history.append(Line("assistant", said[-1]))
        relationship = companion.after(persona, history)
        return said

    call([told for told, _, _ in PLANTED])
    call(["안녕하세요.", "오늘 날씨가 좋네요.", "주말엔 뭐 하세요?", "그렇군요."])
    call(["또 왔어요.", "요즘 재즈를 자주 들어요.", "서점에 다녀왔어요."])
    answers = call([asked for _, asked, _ in PLANTED])
    assert relationship.sessions == 4
    recalled = [value in answer for (_, _, value), answer in zip(PLANTED, answers, strict=True)]
    assert sum(recalled) >= 9, list(zip(PLANTED, answers, strict=True))


def test_what_is_deleted_is_not_recalled() -> None:
    seoa = PersonaManager().get_persona("seoa")
    companion = Companion(Relationship(sessions=2, facts=()), seed=1)
    said = " ".join(reply(companion.prompt(seoa, [Line("user", "제 이름 기억해요?")])))
    assert "아직" in said or "처음" in said
