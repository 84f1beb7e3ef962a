"""A program that writes as fast as it can and notes in a file what was acknowledged: to be killed with -9.

A file, since a pipe's reader hides losses.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import motor.motor_asyncio  # noqa: F401  # imported once, for all writers that are forked from one that has this module

import storage.adapters.mongo
import storage.adapters.sqlite  # noqa: F401
from storage import ChatMessage
from tests.storage.conftest import Place

IN_FLIGHT = 32


def write(place: Place, owner: str, notes: Path) -> None:
    """Write lines of `owner` until killed, the ids of the acknowledged ones to `notes`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # how it dies is no news
    asyncio.run(_write(place, owner, notes))


async def _write(place: Place, owner: str, notes: Path) -> None:
    file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store = await place.open()

    async def write_on() -> None:
        while True:
            line = await store.add(ChatMessage(session_id=owner, user_id=owner, content="안녕", role="user"))
            os.write(file, f"{line.id}\n".encode())

    async with asyncio.TaskGroup() as tasks:
        for _ in range(IN_FLIGHT):
            tasks.create_task(write_on())
