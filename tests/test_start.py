"""Starting the product: every reason why it cannot is one clear line, and exit status 2."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from media.weights import Weights
from tests.servers import OFFLINE, ROOT, Server, environment


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, timeout=150, check=False
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_a_port_in_use_is_named_with_a_way_out(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = last_line(run("serve", PORT=str(port), DATA_DIR=str(tmp_path), **OFFLINE))
    assert line.startswith("deyeonso: port_in_use:")
    assert str(port) in line


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"TTS_ENGINE": "siri"}, "TTS_ENGINE"),
        ({"PORT": "http"}, "PORT"),
        ({"LLM_ENGIN": "offline"}, "LLM_ENGINE"),
        ({"LLM_ENGINE": "openai", "TTS_ENGINE": "kokoro"}, "OPENAI_API_KEY"),
        ({"HOST": "0.0.0.0"}, "no_identity"),
        ({"DEVICE": "cuda", **OFFLINE}, "DEVICE=cuda"),
    ],
)
def test_a_bad_setting_is_named(settings: dict[str, str], said: str, tmp_path: Path):
    port = {} if "PORT" in settings else {"PORT": "0"}
    assert said in last_line(run("serve", DATA_DIR=str(tmp_path), **port, **settings))


def test_a_data_folder_that_cannot_be_one_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    line = last_line(run("serve", PORT="0", DATA_DIR=str(tmp_path / "file" / "data"), **OFFLINE))
    assert "store" in line
    assert str(tmp_path / "file") in line


@pytest.fixture
def own_weights(weights: Weights, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A cache of one's own that shares the real files' bytes, on a machine that reaches no registry."""
    cache = tmp_path / "cache" / "deyeonso" / "weights"
    for file in weights.root.rglob("*"):
        if file.is_file() and not file.name.startswith("."):
            target = cache / file.relative_to(weights.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, target)
    nowhere = "http://127.0.0.1:9/"
    unreachable = {"PIP_INDEX_URL": nowhere, "PIP_EXTRA_INDEX_URL": nowhere, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
    return cache, {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PIP_CONFIG_FILE": os.devnull, **unreachable}


def test_a_missing_weight_that_cannot_be_fetched_is_named(own_weights, tmp_path: Path):
    cache, settings = own_weights
    (cache / "smart-turn.onnx").unlink()
    done = run("serve", PORT="0", DATA_DIR=str(tmp_path), **OFFLINE, **settings)
    line = last_line(done)
    assert "carrier" in line or "weight" in line
    assert "smart-turn.onnx" in done.stderr or "pipecat" in done.stderr


def test_a_damaged_weight_is_found_and_named(own_weights, tmp_path: Path):
    cache, settings = own_weights
    damaged = cache / "silero-vad.onnx"
    content = bytearray(damaged.read_bytes())
    content[1000:1010] = b"0123456789"
    damaged.unlink()
    damaged.write_bytes(content)
    done = run("preload", **settings)
    last_line(done)
    assert "silero" in done.stderr


def test_sigterm_ends_it_cleanly(start_server: Callable[..., Server]):
    server = start_server()
    assert server.stop() == 0
    assert "stopping" in server.log


def test_a_peer_without_a_server_says_so(tmp_path: Path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(b"\x00\x10" * 16_000)
    line = last_line(run("peer", "--url", "http://127.0.0.1:9", "--say", str(tmp_path / "a.wav")))
    assert "unreachable" in line


def test_a_peer_with_a_file_that_is_no_sound_says_so(tmp_path: Path):
    (tmp_path / "a.wav").write_text("hello")
    assert "bad_audio" in last_line(run("peer", "--say", str(tmp_path / "a.wav")))


def test_a_persona_is_made_and_looked_over_without_code(tmp_path: Path):
    made = run("persona", "new", "minji", "--name", "민지", "--about", "조용한 사서", DATA_DIR=str(tmp_path))
    assert made.returncode == 0, made.stderr
    file = Path(made.stdout.strip())
    assert file == tmp_path / "personas" / "minji.json"
    fine = run("persona", "check", str(file))
    assert (fine.returncode, fine.stdout) == (0, "minji.json: 고칠 곳이 없어요.\n")
    file.write_text(file.read_text("utf-8").replace('"age": 30', '"age": 17'), "utf-8")
    faults = run("persona", "check", str(file))
    assert faults.returncode == 1
    assert faults.stdout.startswith("minji.json: age: ")
    assert "19세" in faults.stdout
    assert "persona_exists" in last_line(run("persona", "new", "minji", "--name", "민지", DATA_DIR=str(tmp_path)))
    assert "persona_invalid" in last_line(run("persona", "new", "../x", "--name", "민지", DATA_DIR=str(tmp_path)))
