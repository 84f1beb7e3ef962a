"""signaling/logs.py: lines that a machine can read, in files of bounded size, and never a word anybody said."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from media.errors import DeyeonsoError
from signaling import logs
from tests.servers import ROOT

SECRET = "사실 저 어제 헤어졌어요"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / logs.FILE_NAME).read_text(encoding="utf-8").splitlines()]


def test_a_line_is_for_people_on_stderr_and_json_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    logs.log_to_stderr()
    with logs.log_to_files(tmp_path):
        structlog.get_logger().info("ready", url="http://127.0.0.1:8000")
        logging.getLogger("aiohttp").info("chatter of a library")
        logging.getLogger("aiohttp").error("trouble in %s", "a library")
    ready, trouble = lines(tmp_path)
    assert (ready["event"], ready["level"], ready["url"]) == ("ready", "info", "http://127.0.0.1:8000")
    assert ready["timestamp"].endswith("Z")
    assert (trouble["event"], trouble["logger"]) == ("trouble in a library", "aiohttp")
    assert "ready" in capsys.readouterr().err
    assert (tmp_path / logs.FILE_NAME).stat().st_mode & 0o077 == 0


def test_an_exception_is_told_by_kind_and_place_and_not_by_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    logs.log_to_stderr()
    with logs.log_to_files(tmp_path):
        try:
            try:
                int(SECRET)
            except ValueError as error:
                raise DeyeonsoError("bad_audio", "our own words") from error
        except DeyeonsoError:
            structlog.get_logger().exception("call_part_failed", call="c")
        try:
            raise ExceptionGroup(SECRET, [KeyError(SECRET), OSError(28, "No space left on device")])
        except ExceptionGroup:
            logging.getLogger("asyncio").exception("a task failed")
    shown = capsys.readouterr().err
    for told in (shown, (tmp_path / logs.FILE_NAME).read_text(encoding="utf-8")):
        assert SECRET not in told
        assert json.dumps(SECRET)[1:-1] not in told
        for known in ("our own words", "ValueError", "KeyError", "No space left", "test_logs.py", "call_part_failed"):
            assert known in told


def test_the_files_have_a_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logs, "FILE_SIZE", 2000)
    monkeypatch.setattr(logs, "FILES", 2)
    logs.log_to_stderr()
    with logs.log_to_files(tmp_path):
        for number in range(200):
            structlog.get_logger().info("line", number=number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [logs.FILE_NAME, logs.FILE_NAME + ".1", logs.FILE_NAME + ".2"]
    assert all(file.stat().st_size <= 2000 for file in files)
    assert lines(tmp_path)[-1]["number"] == 199


# Files may not grow past a limit, as on a full disk.
FULL_DISK = """
import resource, sys
from pathlib import Path
import structlog
from signaling.logs import log_to_files, log_to_stderr
log_to_stderr()
with log_to_files(Path(sys.argv[1])):
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
    for number in range(500):
        structlog.get_logger().info("line", number=number)
print("went on")
"""


def test_a_full_disk_costs_lines_of_the_file_and_nothing_else(tmp_path: Path):
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "went on"), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("line") == 500
    assert 0 < (tmp_path / logs.FILE_NAME).stat().st_size <= 3000
