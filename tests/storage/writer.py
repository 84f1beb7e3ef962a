"""A program that writes as fast as it can and notes in a file what was acknowledged: to be killed with -9.

Run as `python -m tests.storage.writer WHERE DATABASE DRIVER OWNER NOTES`. A file, since a pipe's reader hides losses.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from storage import ChatMessage, open_store

IN_FLIGHT = 32


async def main(where: str, database: str, driver: str, owner: str, notes: str) -> None:
    file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store = await open_store(where, database=database, driver=driver, media=Path(notes).parent)

    async def write_on() -> None:
        while True:
            line = await store.add(ChatMessage(session_id=owner, user_id=owner, content="안녕", role="user"))
            os.write(file, f"{line.id}\n".encode())

    async with asyncio.TaskGroup() as tasks:
        for _ in range(IN_FLIGHT):
            tasks.create_task(write_on())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
