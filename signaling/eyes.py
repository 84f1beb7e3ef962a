"""A call's eyes: the watcher of the camera and the reader of expressions, for as long as they may look.

It must not know what a face means, nor peers. What nobody may look at is thrown away unseen, and counts as no loss.
"""

from __future__ import annotations

import asyncio
from typing import Any

from analysis.expresser import Expresser
from analysis.face_crop import FaceCrop
from analysis.watcher import Watcher
from media.channel import Channel
from media.timeline import Timeline
from media.types import Picture
from signaling.engines import Engines
from signaling.parts import Parts


class Eyes:
    """Pictures in by `pictures`, readings out on the timeline. `run` until it is cancelled."""

    def __init__(self, engines: Engines, timeline: Timeline, parts: Parts, watching: bool) -> None:
        self.pictures: Channel[Picture] = Channel(1, "drop_oldest")
        self._engines = engines
        self._timeline = timeline
        self._parts = parts
        self._watching = watching
        self._looking: asyncio.Task[None] | None = None
        self._watchers: list[Watcher] = []
        self._expressers: list[tuple[Expresser, Channel[FaceCrop]]] = []

    def watch(self, watching: bool) -> None:
        """Begin or stop, at once: a picture that is being read now is not told any more."""
        if watching != self._watching:
            self._watching = watching
            if self._looking is not None:
                self._looking.cancel()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                seeing = self._watching
                work = self._parts("seeing", self._see()) if seeing else self._look_away()
                self._looking = tasks.create_task(work)
                await asyncio.wait([self._looking])
                if seeing and not self._looking.cancelled():  # it gave up: see Watcher
                    self._watching = False

    def counts(self) -> dict[str, Any]:
        """What was read, and what was dropped because it came faster than it could be."""
        return {
            "pictures": {
                "read": sum(one.read for one in self._watchers),
                "faces": sum(one.faces for one in self._watchers),
                "failed": sum(one.failed for one in self._watchers),
                "dropped": self.pictures.dropped,
            },
            "expressions": {
                "read": sum(one.read for one, _ in self._expressers),
                "failed": sum(one.failed for one, _ in self._expressers),
                "dropped": sum(crops.dropped for _, crops in self._expressers),
                "model": self._engines.expression,
            },
        }

    async def _see(self) -> None:
        engines = self._engines
        self.pictures.drain()
        crops: Channel[FaceCrop] | None = None if engines.classify is None else Channel(1, "drop_oldest")
        watcher = Watcher(engines.new_landmarker, engines.face_worker, self.pictures, self._timeline, crops=crops)
        self._watchers.append(watcher)
        async with asyncio.TaskGroup() as tasks:
            if crops is not None and engines.classify is not None:
                expresser = Expresser(engines.expression, engines.classify, crops, self._timeline)
                self._expressers.append((expresser, crops))
                tasks.create_task(expresser.run())
            await watcher.run()

    async def _look_away(self) -> None:
        async for _ in self.pictures:
            pass
