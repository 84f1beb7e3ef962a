"""How fast what is kept gets kept: SQLite under a crowd with readers, and MongoDB against its bare driver.

It must not know how the figures are shown; `measure` returns them.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import pymongo
from motor.motor_asyncio import AsyncIOMotorClient

from storage import ChatMessage, Store, open_store
from storage.adapters.mongo import DURABLE
from tests.storage.mongod import Mongod

Figure = tuple[str, float | None, str, str]

IN_FLIGHT = 32
READERS = 4
SECONDS = 3.0
ROUNDS = 5  # of MongoDB, bare and ours in turn, so that a noisy machine is noisy for both
WRITES = 1500  # a round


def line() -> ChatMessage:
    return ChatMessage(session_id="s", user_id="u", content="오늘 회사에서 조금 힘든 일이 있었어요.", role="user")


async def in_flight(write: Callable[[], Awaitable[object]], go_on: Callable[[], bool]) -> tuple[float, list[float]]:
    """Acknowledged writes a second at IN_FLIGHT, and each one's seconds."""
    took: list[float] = []

    async def write_on() -> None:
        while go_on():
            began = time.perf_counter()
            await write()
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(IN_FLIGHT):
            tasks.create_task(write_on())
    return len(took) / (time.perf_counter() - began), took


async def under_readers(store: Store, seconds: float) -> tuple[float, list[float], int]:
    """Writes a second, the event loop's lags (s) and pages read, while READERS read without pause."""
    lags: list[float] = []
    pages = 0
    until = time.perf_counter() + seconds

    def go_on() -> bool:
        return time.perf_counter() < until

    async def watch() -> None:
        while go_on():
            asked = time.perf_counter()
            await asyncio.sleep(0.005)
            lags.append(time.perf_counter() - asked - 0.005)

    async def read() -> None:
        nonlocal pages
        while go_on():
            await store.page(ChatMessage, owner="u", session_id="s", limit=50, newest_first=True)
            pages += 1

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch())
        for _ in range(READERS):
            tasks.create_task(read())
        rate, _ = await in_flight(lambda: store.add(line()), go_on)
    return rate, lags, pages


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def sqlite() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(folder) as store:
            until = time.perf_counter() + SECONDS
            rate, took = await in_flight(lambda: store.add(line()), lambda: time.perf_counter() < until)
            busy, lags, pages = await under_readers(store, SECONDS)
    return [
        ("SQLite: acknowledged writes, 32 in flight", rate, "/s", "≥ 10000"),
        ("SQLite: one of those writes, p99", percentile(took, 0.99) * 1000, "ms", ""),
        ("SQLite: the same with 4 readers", busy, "/s", ""),
        ("SQLite: pages of 50 those read", pages / SECONDS, "/s", ""),
        ("SQLite: event-loop lag meanwhile, p99", percentile(lags, 0.99) * 1000, "ms", "≤ 5"),
    ]


async def mongo(url: str, driver: Literal["motor", "pymongo"]) -> list[Figure]:
    client: Any = (AsyncIOMotorClient if driver == "motor" else pymongo.AsyncMongoClient)(url)
    bare = client.get_database(f"bench_{driver}", write_concern=DURABLE)["chat_messages"]
    async with open_store(url, database=f"bench_{driver}", driver=driver) as store:

        async def insert() -> None:
            raw = line().model_dump()
            raw["_id"] = raw.pop("id")
            await bare.insert_one(raw)

        rates: dict[str, list[float]] = {"bare": [], "ours": []}
        for _ in range(ROUNDS):
            for name, write in (("bare", insert), ("ours", lambda: store.add(line()))):
                left = iter(range(WRITES))
                rate, _ = await in_flight(write, lambda left=left: next(left, None) is not None)
                rates[name].append(rate)
    client.close() if driver == "motor" else await client.close()
    ratio = statistics.median(ours / plain for ours, plain in zip(rates["ours"], rates["bare"], strict=True))
    return [
        (f"MongoDB by {driver}: acknowledged writes, 32 in flight", statistics.median(rates["ours"]), "/s", ""),
        (f"MongoDB by {driver}: of what the bare driver does", ratio, "", "≥ 0.8"),
    ]


async def measure() -> list[Figure]:
    figures = await sqlite()
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder)).start()
        try:
            for driver in ("motor", "pymongo"):
                figures += await mongo(mongod.url, driver)
        finally:
            mongod.kill()
    return figures


if __name__ == "__main__":
    for name, value, unit, target in asyncio.run(measure()):
        print(f"{name:60} {value:10.2f} {unit:4} {target}")
