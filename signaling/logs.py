"""Logs: lines for people on stderr, JSON lines in rotating files; neither ever holds what anybody said.

It must not know who logs what. An exception is told by its type and place: its message may quote a person's words,
unless it is one of ours or the operating system's.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import Queue
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from media.errors import DeyeonsoError

FILE_NAME = "deyeonso.jsonl"
FILE_SIZE = 10 << 20  # bytes; then a new file is begun
FILES = 5  # older files that are kept
WAITING = 10_000  # lines on their way to the file; a disk that is slower loses lines, never holds up a call
FRAMES = 12  # places of an exception that are told, the innermost ones

_HOUSE = Path(__file__).parents[1]
_OWN_WORDS = (DeyeonsoError, OSError)  # their messages are ours or the system's


def log_to_stderr() -> None:
    """For every command, before anything is logged."""
    handler = logging.StreamHandler(sys.stderr)
    console: list[Processor] = [_short_time, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    handler.setFormatter(_formatter(*console))
    root = logging.getLogger()
    for former in root.handlers[:]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)  # libraries speak up only when something is wrong
    ours = logging.getLogger("deyeonso")
    ours.setLevel(logging.INFO)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: ours,
        cache_logger_on_first_use=False,
    )


@contextmanager
def log_to_files(folder: Path) -> Iterator[None]:
    """Also to `folder`, written by a thread of its own. Raises OSError where nothing can be written at the start."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE_NAME
    path.touch(0o600)
    file = _Rotating(path, maxBytes=FILE_SIZE, backupCount=FILES, encoding="utf-8")
    file.setFormatter(_formatter(structlog.processors.JSONRenderer(serializer=_json)))
    lines: Queue[Any] = Queue(WAITING)
    handler, listener = _Queueing(lines), QueueListener(lines, file)
    logging.getLogger().addHandler(handler)
    listener.start()
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        listener.stop()  # what waits is written first
        with suppress(OSError):  # a disk that is still full
            file.close()


def describe(error: BaseException) -> str:
    """Where it happened and what kind it is, the innermost last; of a group, each."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__)[-FRAMES:]:
        path = Path(frame.filename)
        name = path.relative_to(_HOUSE) if path.is_relative_to(_HOUSE) else Path(*path.parts[-2:])
        lines.append(f"  {name}:{frame.lineno} {frame.name}")
    words = f": {error}" if isinstance(error, _OWN_WORDS) else ""
    lines.append(f"{type(error).__name__}{words}")
    causes = list(error.exceptions) if isinstance(error, BaseExceptionGroup) else []
    if cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        causes.append(cause)
    lines += [f"because of\n{describe(one)}" for one in causes]
    return "\n".join(lines)


def _without_content(_logger: Any, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else (sys.exc_info() if info is True else info or (None, None))[1]
    if error is not None:
        event["exception"] = describe(error)
    return event


def _short_time(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event["timestamp"] = event["timestamp"][11:19]
    return event


_SHARED: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _without_content,
]


def _formatter(*last: Processor) -> logging.Formatter:
    foreign = [*_SHARED, structlog.stdlib.add_logger_name]
    forget = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=foreign, processors=[forget, *last])


def _json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class _Queueing(QueueHandler):
    """Hands records on as they are; where too many wait, the newest is dropped."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class _Rotating(RotatingFileHandler):
    """A full disk costs lines of the log and nothing else."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass
