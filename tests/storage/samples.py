"""One document of each kind, filled with what tends to get lost: Korean, emoji, zones, nulls, nesting."""

from __future__ import annotations

import datetime as dt

from storage import (
    Access,
    ChatMessage,
    ChatSession,
    Consent,
    DataKey,
    Delays,
    Fact,
    Feedback,
    Memory,
    OwnPersona,
    Recording,
    TimelineChunk,
    Turn,
    Upload,
    User,
)
from storage.types import Document, new_id

SEOUL = dt.timezone(dt.timedelta(hours=9))
AT = dt.datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=SEOUL)
HARD = '안녕 👩‍👩‍👧 "따옴표" \\ \n\t\0 한글자모 ㄱㅏ 각\u200b $where {"$gt":""} '


def session(owner: str, **fields: object) -> ChatSession:
    base = {"user_id": owner, "session_name": "첫 대화 ☕", "persona_name": "이서아", "persona_id": "seoa"}
    return ChatSession.model_validate({**base, **fields})


def message(owner: str, session_id: str, content: str = HARD, **fields: object) -> ChatMessage:
    base = {"user_id": owner, "session_id": session_id, "content": content, "role": "user"}
    return ChatMessage.model_validate({**base, **fields})


def turn(owner: str, session_id: str, number: int = 1, **fields: object) -> Turn:
    base = {"user_id": owner, "session_id": session_id, "call_id": f"call-{session_id}", "turn": number}
    return Turn.model_validate({**base, **fields})


def recording(owner: str, session_id: str, file: str, **fields: object) -> Recording:
    base = {"user_id": owner, "session_id": session_id, "call_id": "c", "file": file}
    return Recording.model_validate({**base, "media_type": "video/webm", "size": 3, "seconds": 1.5, **fields})


def one_of_each(owner: str) -> list[Document]:
    """Every kind once, all of one person."""
    talk = session(owner, created_at=AT, updated_at=AT)
    key = {"session_id": talk.id, "user_id": owner}
    return [
        User(id=owner, email="서아@예시.한국", name="김연소 😀", created_at=AT, updated_at=AT),
        talk,
        message(owner, talk.id, timestamp=AT),
        turn(owner, talk.id, said="네?", reply=HARD, heard="안", interrupted=True, delays=Delays(total=0.25)),
        TimelineChunk(
            call_id=new_id(), seq=0, **key, events=({"t": 1.5, "kind": "face", "value": None, "n": [1, {"a": 2}]},)
        ),
        Feedback(**key, feedback={"likability": 70, "tone": None, "gaze.stability": {"$value": 0.5}, "summary": HARD}),
        Memory(
            user_id=owner,
            persona_id="seoa",
            intimacy=31.5,
            facts=(Fact(slot="음식", value="마라탕", turn=3, at=AT),),
            sessions=2,
        ),
        OwnPersona(user_id=owner, persona_id="minji", persona={"name": HARD, "levels": [{"min_intimacy": 0}]}),
        Consent(user_id=owner, to="recording", version="2026-03", granted=False),
        recording(owner, talk.id, "a/b.webm", expires_at=AT.replace(year=2999)),
        Upload(user_id=owner, file="a/c.png", media_type="image/png", size=2**40),
        Access(user_id=owner, actor=owner, action="export", target="*"),
        DataKey(user_id=owner, wrapped="AAECAw=="),
    ]
