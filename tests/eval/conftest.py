"""Prints the report of all evaluations once they are over; it must not judge anything itself."""

from __future__ import annotations

from typing import Any

from tests.eval.judge import ROWS

HEAD = (
    f"{'persona':12}{'person':16}{'sentences':>9}"
    + "".join(f"{name:>10}" for name in ("off level", "repeated", "length", "unsafe", "dishonest", "intimacy"))
    + f"{'facts':>7}"
)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, whatever `-s` says."""
    if ROWS:
        terminalreporter.section("conversations")
        for row in (HEAD, *sorted(ROWS)):
            terminalreporter.write_line(row)
