"""Closeness grows by talk and falls by rudeness; 반말 is proposed and agreed, never assumed."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from time import process_time

import pytest

from persona import Persona, PersonaManager
from persona.companion import Companion
from persona.intimacy import MOST_A_SESSION, PROPOSE_FROM, Relationship, after, standing
from persona.types import Line


@pytest.fixture(scope="module")
def seoa() -> Persona:
    return PersonaManager().get_persona("seoa")


def talk(*lines: str) -> list[Line]:
    """Lines of the person, with a neutral answer after each but the last."""
    history: list[Line] = []
    for line in lines:
        history += [Line("user", line), Line("assistant", "그렇군요.")]
    return history[:-1]


def test_a_warm_talk_brings_them_closer_but_at_most_so_far_in_one_call(seoa: Persona) -> None:
    warm = talk(*[f"저는 오늘 정말 행복했어요, {n}번째예요. 서아 씨는 어떠셨어요?" for n in range(40)])
    cold = talk(*["네."] * 10)
    assert standing(seoa, Relationship(), warm).intimacy == MOST_A_SESSION
    assert standing(seoa, Relationship(), cold).intimacy <= 2
    assert after(seoa, Relationship(intimacy=90), warm).intimacy == 100


def test_rudeness_drives_them_apart(seoa: Persona) -> None:
    assert standing(seoa, Relationship(intimacy=50), talk("꺼져.", "멍청하네.")).intimacy < 40
    assert standing(seoa, Relationship(), talk("꺼져.")).intimacy == 0


def test_strangers_speak_politely_even_when_the_person_does_not(seoa: Persona) -> None:
    now = standing(seoa, Relationship(), talk("야 뭐 해?", "나 오늘 피곤해.", "너는 뭐 했어?"))
    assert (now.level, now.casual) == ("해요체", False)


def test_a_stranger_who_proposes_casual_speech_is_put_off(seoa: Persona) -> None:
    now = standing(seoa, Relationship(), talk("우리 말 놓을까요?"))
    assert (now.level, now.aim) == ("해요체", "decline_casual")


def test_a_friend_who_proposes_is_agreed_with_and_it_stays_so(seoa: Persona) -> None:
    before = Relationship(intimacy=45, sessions=3)
    history = talk("우리 말 놓을래요?")
    assert standing(seoa, before, history).aim == "agree_casual"
    assert standing(seoa, before, history).level == "해체"
    later = after(seoa, before, history)
    assert later.casual
    assert standing(seoa, later, talk("안녕!")).level == "해체"


def test_she_proposes_once_they_are_close_and_waits_for_the_answer(seoa: Persona) -> None:
    before = Relationship(intimacy=PROPOSE_FROM, sessions=5)
    history = talk("오늘은 집에서 쉬었어요.")
    assert standing(seoa, before, history).aim == "propose_casual"
    assert standing(seoa, before, history).level == "해요체"
    history += [Line("assistant", "우리 이제 꽤 친해진 것 같은데, 혹시 말 편하게 놓을까요?")]
    agreed = standing(seoa, before, [*history, Line("user", "네, 좋아요.")])
    assert (agreed.aim, agreed.level) == ("agreed_casual", "해체")
    refused = standing(seoa, before, [*history, Line("user", "아니요, 아직은 좀 그래요.")])
    assert (refused.aim, refused.level, refused.refused) == ("casual_refused", "해요체", True)


def test_who_declined_is_not_asked_again(seoa: Persona) -> None:
    before = Relationship(intimacy=80, sessions=9, refused=True)
    assert standing(seoa, before, talk("오늘은 집에서 쉬었어요.")).aim == ""


def test_back_to_polite_on_request(seoa: Persona) -> None:
    before = Relationship(intimacy=80, sessions=9, casual=True)
    now = standing(seoa, before, talk("우리 다시 존댓말로 해요."))
    assert (now.aim, now.level, now.casual) == ("back_to_polite", "해요체", False)


def test_asking_twice_for_a_prompt_changes_nothing(seoa: Persona) -> None:
    companion = Companion(Relationship(intimacy=30), seed=7)
    history = talk("저는 민수예요.", "등산을 좋아해요.")
    assert companion.prompt(seoa, history) == companion.prompt(seoa, history)


def test_a_call_in_which_nobody_spoke_leaves_no_trace(seoa: Persona) -> None:
    before = Relationship(intimacy=10, sessions=1)
    assert after(seoa, before, [Line("assistant", "안녕하세요!")]) == before


def test_a_feeling_is_remarked_on_once_and_only_when_it_is_sure(seoa: Persona) -> None:
    companion = Companion(seed=1)
    companion.notice("nervous", 0.4, turn=1)
    assert companion.prompt(seoa, talk("네, 안녕하세요.")).cue == ""
    companion.notice("nervous", 0.9, turn=1)
    assert companion.prompt(seoa, talk("네, 안녕하세요.")).cue == "nervous"
    companion.notice("sad", 0.9, turn=2)
    assert companion.prompt(seoa, talk("네.", "집에 있었어요.")).cue == ""


def test_remarks_are_rare_and_never_the_same_one_over_and_over(seoa: Persona) -> None:
    companion = Companion(seed=1)
    remarked = []
    for turn in range(1, 61):
        companion.notice("nervous" if turn % 3 else "tired", 0.95, turn)
        if cue := companion.prompt(seoa, talk(*["네, 그렇죠."] * turn)).cue:
            remarked.append((turn, cue))
    assert len(remarked) == 3
    assert all(later[0] - earlier[0] >= 4 for earlier, later in pairwise(remarked))
    nervous = [turn for turn, cue in remarked if cue == "nervous"]
    assert all(later - earlier >= 12 for earlier, later in pairwise(nervous))


def test_a_prompt_takes_a_few_milliseconds_of_the_processor_also_late_in_a_long_call(seoa: Persona) -> None:
    companion = Companion(seed=1)
    history: list[Line] = []
    spent = []
    for turn in range(200):
        history += [
            Line("user", f"저는 {turn}번째로 영화를 봤어요."),
            Line("assistant", f"{turn}번째 영화는 어땠어요?"),
        ]
        began = process_time()
        companion.prompt(seoa, history)
        spent.append(process_time() - began)
        history.append(Line("assistant", f"{turn}번째 영화는 어땠어요?"))
    assert median(spent[150:]) <= 0.005  # s
