"""signaling/keeper.py: a call's lines reach the store in order, and a full disk loses none of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from analysis.types import Utterance
from media.clock import wall_time
from media.timeline import Timeline
from media.types import Span
from persona.types import ReplyEnded
from signaling.keeper import Keeper
from storage import ChatMessage, ChatSession, Turn, open_store
from tests.servers import ROOT

NOTHING = np.zeros(0, np.float32)


def said(turn: int, text: str) -> Utterance:
    return Utterance(Span(turn, turn + 0.5), text, turn, 0.9, turn + 0.6, turn + 0.7, NOTHING)


def answered(turn: int, text: str, heard: str) -> ReplyEnded:
    return ReplyEnded(Span(turn + 0.8, turn + 0.9), turn, text, heard, text != heard)


async def test_lines_and_turns_are_written_as_they_were_heard(tmp_path: Path):
    session = ChatSession(user_id="me", session_name="통화", persona_name="이서아", persona_id="seoa")
    timeline = Timeline()
    async with open_store(tmp_path) as store:
        await store.add(session)
        keeper = Keeper(store, session, "call", timeline, wall_time())
        with timeline.subscribe() as events:
            timeline.append(said(1, "안녕하세요"))
            timeline.append(answered(1, "반가워요. 저는 서아예요.", "반가워요."))
            timeline.append(said(2, ""))
            timeline.close()
            await keeper.run(events)
        messages = [m async for m in store.each(ChatMessage, owner="me", session_id=session.id)]
        [turn] = [t async for t in store.each(Turn, owner="me", session_id=session.id)]
    assert [(m.role, m.content) for m in messages] == [("user", "안녕하세요"), ("assistant", "반가워요.")]
    assert (turn.said, turn.reply, turn.heard, turn.interrupted) == (
        "안녕하세요", "반가워요. 저는 서아예요.", "반가워요.", True,
    )  # fmt: skip
    assert (keeper.unsaved, keeper.lost) == (0, 0)


# Files may not grow past a limit (as on a full disk); then room returns while the call goes on.
FULL_DISK = """
import asyncio, json, resource, sys
from media.clock import wall_time
from media.timeline import Timeline
from analysis.types import AnalyzerFault
from signaling.keeper import Keeper
from storage import ChatMessage, ChatSession, open_store
from tests.signaling.test_keeper import said

async def main(folder):
    session = ChatSession(user_id="me", session_name="통화", persona_name="이서아", persona_id="seoa")
    timeline = Timeline()
    async with open_store(folder) as store:
        await store.add(session)
        keeper = Keeper(store, session, "call", timeline, wall_time())
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        with timeline.subscribe(4096) as events:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(keeper.run(events))
                resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
                for turn in range(1, 201):
                    timeline.append(said(turn, "가" * 3000))
                    await asyncio.sleep(0)
                async with asyncio.timeout(20):
                    while not [e for e in timeline if isinstance(e, AnalyzerFault)]:
                        await asyncio.sleep(0.05)
                stuck = keeper.unsaved
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
                await asyncio.sleep(3)
                timeline.close()
        kept = [m.content async for m in store.each(ChatMessage, owner="me", session_id=session.id)]
    faults = [(e.analyzer, e.code) for e in timeline if isinstance(e, AnalyzerFault)]
    print(json.dumps({"faults": faults, "stuck": stuck, "kept": len(kept), "lost": keeper.lost}))

asyncio.run(main(sys.argv[1]))
"""


def test_a_full_disk_is_told_once_and_nothing_said_is_lost(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])  # the log lines come first
    assert told["faults"] == [["store", "store_full"]]
    assert told["stuck"] > 0
    assert (told["kept"], told["lost"]) == (200, 0)
