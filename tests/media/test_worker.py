"""Named threads for models: never the event loop's, never unbounded, and batches formed without waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from media.errors import DeyeonsoError
from media.worker import Batcher, Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("test-model")
    yield worker
    worker.close()


async def test_a_job_runs_on_the_named_thread(worker: Worker) -> None:
    name = await worker.run(lambda: threading.current_thread().name)
    assert name.startswith("test-model")
    assert worker.waiting == 0


async def test_a_job_that_fails_fails_for_its_caller_only(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0)
    assert await worker.run(lambda: 1) == 1


async def test_a_full_worker_refuses_instead_of_growing() -> None:
    worker, gate = Worker("test-model", backlog=3), threading.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(worker.run(gate.wait))
        await asyncio.sleep(0)
        with pytest.raises(DeyeonsoError) as refused:
            await worker.run(lambda: None)
        gate.set()
    worker.close()
    assert (refused.value.code, refused.value.whose) == ("overloaded", "server")


async def test_the_event_loop_goes_on_while_a_model_works(worker: Worker) -> None:
    gate = threading.Event()
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(worker.run(gate.wait))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not working.done()
        gate.set()


async def test_a_worker_of_two_threads_serves_a_second_caller_beside_a_slow_one() -> None:
    worker, gate = Worker("test-model", threads=2), threading.Event()
    async with asyncio.TaskGroup() as tasks:
        slow = tasks.create_task(worker.run(gate.wait))
        assert await asyncio.wait_for(worker.run(lambda: 1), 5) == 1
        assert not slow.done()
        gate.set()
    worker.close()


async def test_items_that_come_while_the_model_is_busy_are_one_batch(worker: Worker) -> None:
    gate, batches = threading.Event(), []

    def predict(items):
        batches.append(list(items))
        gate.wait()
        return [item * 10 for item in items]

    batcher = Batcher(worker, predict)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(batcher.run(1))
        while not batches:
            await asyncio.sleep(0.001)
        rest = [tasks.create_task(batcher.run(item)) for item in (2, 3, 4)]
        await asyncio.sleep(0)
        gate.set()
    assert first.result() == 10
    assert [task.result() for task in rest] == [20, 30, 40]
    assert batches == [[1], [2, 3, 4]]


async def test_a_batch_never_exceeds_its_limit(worker: Worker) -> None:
    sizes = []

    def predict(items):
        sizes.append(len(items))
        return items

    batcher = Batcher(worker, predict, limit=2)
    assert await asyncio.gather(*(batcher.run(item) for item in range(9))) == list(range(9))
    assert max(sizes) <= 2
    assert sum(sizes) == 9


async def test_an_item_that_fails_fails_alone_and_not_the_others_of_its_batch(worker: Worker) -> None:
    gate, batches = threading.Event(), list[int]()

    def predict(items):
        gate.wait()
        batches.append(len(items))
        if "bad" in items:
            raise ValueError("bad item")
        return items

    batcher = Batcher(worker, predict)
    waiting = [asyncio.ensure_future(batcher.run(item)) for item in ("first", "good", "bad", "fine")]
    await asyncio.sleep(0.05)
    gate.set()
    first, good, bad, fine = await asyncio.gather(*waiting, return_exceptions=True)
    assert (first, good, fine) == ("first", "good", "fine")
    assert isinstance(bad, ValueError)
    assert max(batches) >= 3  # they were one batch


async def test_an_item_whose_caller_went_away_is_not_computed(worker: Worker) -> None:
    gate, seen = threading.Event(), []

    def predict(items):
        seen.extend(items)
        gate.wait()
        return items

    batcher = Batcher(worker, predict)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(batcher.run("first"))
        while not seen:
            await asyncio.sleep(0.001)
        gone = tasks.create_task(batcher.run("gone"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        gate.set()
    assert await batcher.run("next") == "next"
    assert seen == ["first", "next"]
