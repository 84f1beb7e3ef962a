"""What has had its time goes: a sweep every few minutes, as long as the service runs.

It must not know how long anything is kept: the store dates each document when it is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from media.errors import DeyeonsoError
from storage import Store
from storage.types import now

log = structlog.get_logger()

EVERY = 300.0  # s


async def sweep_for_ever(store: Store, told: Callable[[dict[str, int]], None], every: float = EVERY) -> None:
    """Sweep now and then every so often; a sweep that fails is logged and tried again. `told` gets the counts."""
    while True:
        try:
            gone = {kind: count for kind, count in (await store.sweep(now())).items() if count}
            if gone:
                log.info("swept", **gone)
                told(gone)
        except DeyeonsoError as error:
            log.warning("sweep_failed", code=error.code, message=error.message)
        except Exception:
            log.exception("sweep_failed")
        await asyncio.sleep(every)
