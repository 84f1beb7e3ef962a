"""A real coturn on this machine, as a self-hoster sets it up, but for loopback peers being allowed.

It must not know what is relayed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECRET = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Coturn:
    """A running server; `log` is what it wrote so far."""

    port: int
    log_file: Path

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running(folder: Path) -> Iterator[Coturn]:
    """Start it with its files in `folder`; stopped when left."""
    program = shutil.which("turnserver", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "coturn is missing: `make test` installs it"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = ["-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}", "--realm=test"]
    options += ["--use-auth-secret", f"--static-auth-secret={SECRET}", "--fingerprint", "--verbose", "--no-cli"]
    options += ["--no-tls", "--no-dtls", "--allow-loopback-peers", "--log-file=stdout", f"--pidfile={folder}/pid"]
    found = Coturn(port, folder / "coturn.log")
    with found.log_file.open("wb") as log:
        process = subprocess.Popen([program, *options, f"--userdb={folder}/db"], stdout=log, stderr=log, cwd=folder)
    try:
        deadline = time.monotonic() + 20
        while True:
            with socket.socket() as probe:  # it listens on TCP too
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            assert process.poll() is None, found.log
            assert time.monotonic() < deadline, found.log
            time.sleep(0.05)
        yield found
    finally:
        process.terminate()
        process.wait(10)
