"""Named threads for models: heavy work never runs on the event loop nor on the default executor.

It must not know which model it runs. aiortc encodes Opus on the default executor, so a model there would stop the
outgoing audio (a dozen 400 ms jobs were measured to stretch RTP spacing from 20 ms to 800 ms).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from media.errors import DeyeonsoError

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")


class Worker:
    """One thread, one model. At most `backlog` jobs wait; one more is refused with the code `overloaded`.

    More `threads` are for a model that takes one item at a time and has an instance per call: whoever waits for each
    job before giving the next keeps to the order, and other calls are served beside it. No `Batcher` on those.
    """

    def __init__(self, name: str, backlog: int = 64, threads: int = 1) -> None:
        self.name = name
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._backlog = backlog
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Jobs given and not yet finished."""
        return self._waiting

    async def run(self, job: Callable[[], T]) -> T:
        """Run `job` on this worker's thread. Raises what it raises; `overloaded` when too many wait."""
        if self._waiting >= self._backlog:
            raise DeyeonsoError("overloaded", f"{self.name}: {self._waiting} jobs are waiting already")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Drop what waits and end the thread after its present job."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Batcher(Generic[Item, Result]):
    """Gathers items of all calls while the worker is busy, and gives them to the model in one go.

    No timer: an idle model starts at once with what there is, a busy one finds a batch waiting when it is done, so
    batching never adds delay. `predict` takes 1..`limit` items and returns as many results in the same order.
    """

    def __init__(self, worker: Worker, predict: Callable[[Sequence[Item]], Sequence[Result]], limit: int = 8) -> None:
        self._worker = worker
        self._predict = predict
        self._limit = limit
        self._queue: deque[tuple[Item, Future[Result]]] = deque()

    async def run(self, item: Item) -> Result:
        """The model's result for `item`. Raises what the model raises for it."""
        entry: tuple[Item, Future[Result]] = (item, Future())
        self._queue.append(entry)
        try:
            # One job per item, on one thread, first in first out: once this job has run, the item was in its batch
            # or in an earlier one. A job that finds its item already done has nothing left to do.
            await self._worker.run(self._predict_waiting)
        except BaseException:
            if entry in self._queue:
                self._queue.remove(entry)
            raise
        return entry[1].result()

    def _predict_waiting(self) -> None:
        batch: list[tuple[Item, Future[Result]]] = []
        while len(batch) < self._limit:
            try:
                batch.append(self._queue.popleft())
            except IndexError:
                break
        if batch:
            self._predict_batch(batch)

    def _predict_batch(self, batch: Sequence[tuple[Item, Future[Result]]]) -> None:
        try:
            results = self._predict([item for item, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for entry in batch:  # one item's fault is not the others': each for itself
                self._predict_batch([entry])
        else:
            for (_, future), result in zip(batch, results, strict=True):
                future.set_result(result)
