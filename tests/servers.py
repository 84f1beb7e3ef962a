"""The product as a user starts it: `python run.py serve` in a process of its own, on a free port.

It must not know what is being tested; conftest.py hands it out as fixtures.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
OFFLINE = {"LLM_ENGINE": "offline", "TTS_ENGINE": "kokoro", "STT_ENGINE": "whisper"}


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with none of the product's own settings but `settings`."""
    ours = (
        "OPENAI_",
        "MONGODB_",
        "SUPABASE_",
        "JWT_",
        "STT_",
        "LLM_",
        "TTS_",
        "HOST",
        "PORT",
        "DATA_DIR",
        "MAX_CALLS",
        "TURN_",
        "STUN_",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **settings}


@dataclass
class Server:
    """A running server; `log` is what it wrote to stderr so far."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def wait_ready(self, seconds: float = 90.0) -> None:
        """Until `/health` answers. Raises AssertionError with the log if it ends or does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log}"
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"no /health after {seconds} s:\n{self.log}")

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM, as an operator would; the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(seconds)


def start(folder: Path, **settings: str) -> Server:
    """Start a server with the embedded engines (unless told) whose data lies in `folder`; not yet ready."""
    port = free_port()
    log_file = folder / "server.log"
    env = environment(**{**OFFLINE, "PORT": str(port), "DATA_DIR": str(folder / "data"), **settings})
    with log_file.open("ab") as log:
        process = subprocess.Popen([sys.executable, "run.py", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
    return Server(f"http://127.0.0.1:{env['PORT']}", Path(env["DATA_DIR"]), process, log_file)
