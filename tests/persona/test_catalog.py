"""Persona files are checked field by field, a broken one hides no other, and an id is never a path."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from media.errors import DeyeonsoError
from persona import PersonaManager
from persona.catalog import FOLDER, LARGEST_FILE


@pytest.fixture
def seoa() -> dict[str, Any]:
    return json.loads((FOLDER / "seoa.json").read_text("utf-8"))


def put(folder: Path, persona: dict[str, Any], name: str | None = None) -> Path:
    path = folder / f"{name or persona['id']}.json"
    path.write_text(json.dumps(persona, ensure_ascii=False), "utf-8")
    return path


def test_the_house_opens_with_seoa_and_every_shipped_file_is_valid() -> None:
    manager = PersonaManager()
    assert manager.problems() == []
    assert manager.list_personas()[0].id == "seoa"
    seoa = manager.get_active_persona()
    assert (seoa.name, seoa.age, seoa.birth_year, seoa.mbti) == ("이서아", 28, 1997, "ENFP")
    assert all(len(level.examples) >= 3 for level in seoa.levels)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("age", 17, ["seoa.json", "age", "19"]),
        ("age", "많음", ["seoa.json", "age", "integer"]),
        ("birth_year", 2020, ["seoa.json", "birth_year 2020"]),
        ("mbti", "ABCD", ["mbti"]),
        ("openers", ["안녕"], ["openers", "3"]),
        ("extra", 1, ["extra"]),
        ("id", "../../etc", ["id"]),
        ("voice", {"tts": "ko-KR-SunHiNeural", "rate": 9}, ["voice.rate"]),
        ("backstory", "가" * 5000, ["backstory"]),
    ],
)
def test_a_wrong_field_is_named_with_file_and_reason(
    tmp_path: Path, seoa: dict[str, Any], field: str, value: Any, words: list[str]
) -> None:
    put(tmp_path, seoa | {field: value}, "seoa")
    manager = PersonaManager(tmp_path)
    with pytest.raises(DeyeonsoError) as error:
        manager.get_persona("seoa")
    assert error.value.code == "persona_invalid"
    assert all(word in error.value.message for word in words), error.value.message


def test_a_level_with_too_few_examples_and_care_without_109_are_refused(tmp_path: Path, seoa: dict[str, Any]) -> None:
    seoa["levels"][1]["examples"] = ["네."]
    seoa["safety"]["care"] = ["힘내세요.", "괜찮아요."]
    put(tmp_path, seoa)
    (problem,) = PersonaManager(tmp_path).problems()
    assert "levels[1].examples" in problem.message
    assert "109" in problem.message


def test_strangers_are_never_spoken_to_in_casual_speech(tmp_path: Path, seoa: dict[str, Any]) -> None:
    seoa["levels"][0]["speech_level"] = "해체"
    put(tmp_path, seoa)
    assert "존댓말" in PersonaManager(tmp_path).problems()[0].message


@pytest.mark.parametrize("content", [b"", b"{", b"[1,2]", b"\xff\xfe\x00", b'"text"', b"null", b"[" * 5000])
def test_what_is_no_persona_is_one_clear_error_and_the_others_stay(
    tmp_path: Path, seoa: dict[str, Any], content: bytes
) -> None:
    put(tmp_path, seoa)
    (tmp_path / "broken.json").write_bytes(content)
    manager = PersonaManager(tmp_path)
    assert [persona.id for persona in manager.list_personas()] == ["seoa"]
    assert [problem.code for problem in manager.problems()] == ["persona_invalid"]
    assert "broken.json" in manager.problems()[0].message


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "huge.json").write_bytes(b" " * (LARGEST_FILE + 1))
    assert "bytes" in PersonaManager(tmp_path).problems()[0].message


@pytest.mark.parametrize("hostile", ["../seoa", "..", "/etc/passwd", "seoa.json", "", "SEOA", "a" * 1000, "seoa\x00"])
def test_an_id_is_looked_up_and_never_opened_as_a_path(hostile: str) -> None:
    with pytest.raises(DeyeonsoError) as error:
        PersonaManager().get_persona(hostile)
    assert (error.value.code, error.value.whose) == ("persona_unknown", "caller")
    assert len(error.value.message) < 400


def test_the_file_name_and_the_id_must_agree_and_the_first_folder_owns_an_id(
    tmp_path: Path, seoa: dict[str, Any]
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    put(own, seoa | {"name": "가짜"})
    put(own, seoa, "other")
    manager = PersonaManager(FOLDER, own)
    assert manager.get_persona("seoa").name == "이서아"
    messages = " ".join(problem.message for problem in manager.problems())
    assert "is taken" in messages
    assert "the file's name says 'other'" in messages


def test_a_changed_file_is_read_again_and_a_removed_one_is_gone(tmp_path: Path, seoa: dict[str, Any]) -> None:
    path = put(tmp_path, seoa)
    manager = PersonaManager(tmp_path)
    assert manager.get_persona("seoa").job == seoa["job"]
    put(tmp_path, seoa | {"job": "사진가"})
    os.utime(path, ns=(1, 1))
    assert manager.get_persona("seoa").job == "사진가"
    path.unlink()
    with pytest.raises(DeyeonsoError, match="no persona 'seoa'"):
        manager.get_persona("seoa")


def test_somebody_can_be_set_active(tmp_path: Path) -> None:
    manager = PersonaManager(FOLDER, tmp_path)
    manager.create_persona_template("minji", "민지", "조용한 도서관 사서")
    assert manager.set_active_persona("minji").name == "민지"
    assert manager.get_active_persona().id == "minji"
    with pytest.raises(DeyeonsoError, match="no persona"):
        manager.set_active_persona("nobody")
    assert manager.get_active_persona().id == "minji"


def test_a_template_is_a_valid_persona_in_natural_korean(tmp_path: Path) -> None:
    manager = PersonaManager(FOLDER, tmp_path)
    manager.create_persona_template("minji", "민지", "조용한 도서관 사서")
    minji = manager.get_persona("minji")
    assert minji.about[0].lines == ("제 이름은 민지예요.",)
    assert "조용한 도서관 사서" in minji.backstory
    with pytest.raises(DeyeonsoError) as again:
        manager.create_persona_template("minji", "민지", "또")
    assert again.value.code == "persona_exists"


@pytest.mark.parametrize("bad", ["../x", "한글", "A", "", "a/b", "x" * 41])
def test_a_template_with_a_bad_id_writes_nothing(tmp_path: Path, bad: str) -> None:
    with pytest.raises(DeyeonsoError) as error:
        PersonaManager(tmp_path).create_persona_template(bad, "이름", "설명")
    assert error.value.code == "persona_invalid"
    assert list(tmp_path.rglob("*")) == []


def test_everybody_has_a_portrait_with_the_parts_the_page_moves() -> None:
    portraits = FOLDER.parents[1] / "web" / "portraits"
    for persona in PersonaManager().list_personas():
        drawing = ET.parse(portraits / f"{persona.id}.svg")
        parts = {element.get("id") for element in drawing.iter()}
        assert {"head", "body", "eyes", "left-iris", "right-iris", "brows", "mouth", "mouth-lips"} <= parts, persona.id


def test_there_are_six_people_of_different_age_gender_and_temperament() -> None:
    personas = PersonaManager().list_personas()
    assert len(personas) >= 6
    assert len({persona.mbti for persona in personas}) == len(personas)
    assert {"female", "male"} <= {persona.gender for persona in personas}
    assert max(persona.age for persona in personas) - min(persona.age for persona in personas) >= 20
    assert {persona.speech.base for persona in personas} == {"해요체", "하십시오체"}
