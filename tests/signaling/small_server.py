"""The service's whole life, as run.py begins it, with engines that load no model: started in a moment, to be killed.

It must not know what is tested.
"""

from __future__ import annotations

import asyncio
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

import uvloop

from signaling.config import Config
from signaling.engines import Engines
from signaling.logs import log_to_stderr
from signaling.server import serve
from tests.forks import FORKS
from tests.signaling.service import engines


async def _engines(_: Config) -> Engines:
    return engines()


def _serve(port: int, data_dir: Path) -> None:
    log = os.open(data_dir / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    log_to_stderr()
    config = Config(_env_file=None, port=port, data_dir=data_dir)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        os._exit(runner.run(serve(config, _engines)))


def start(port: int, data_dir: Path) -> BaseProcess:
    """A server on this port; not yet ready."""
    process = FORKS.Process(target=_serve, args=(port, data_dir))
    process.start()
    return process
