"""All benchmarks, one after another, as one table: `make bench`, or some of them: `make bench ARGS="call store"`.

Each module's `measure()` gives rows of (name, value, unit, target); a target is "≥ 465" or "≤ 5", or a number that the
value must stay below, or reach when its unit ends in "/s".
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
MODULES = ("call", "hearing", "seeing", "coaching", "recording", "silence")
MODULES += ("pacing", "jitter", "watching", "chat", "store")


def main(chosen: list[str]) -> int:
    """Print the table; 0 also when a target is missed, because machines differ and this is a measurement."""
    sys.path.insert(0, str(ROOT))
    os.environ["PYTHONPATH"] = str(ROOT)  # some run parts in processes of their own
    os.chdir(ROOT)
    if unknown := [name for name in chosen if not (Path(__file__).parent / f"{name}.py").is_file()]:
        sys.stderr.write(f"there is no benchmark {unknown[0]}; there are: {' '.join(MODULES)}\n")
        return 2
    console = Console(width=None if sys.stdout.isatty() else 140)
    table = Table("benchmark", "what", "value", "target", "")
    for name in chosen or MODULES:
        console.print(f"measuring {name} …", style="dim")
        for what, value, unit, target in asyncio.run(importlib.import_module(f"tests.bench.{name}").measure()):
            table.add_row(name, what, f"{value:.3g} {unit}", *_judged(value, unit, target))
    console.print(table)
    return 0


def _judged(value: float, unit: str, target: float | str | None) -> tuple[str, str]:
    if not target and target != 0.0:
        return "", ""
    sign, _, number = (
        target.partition(" ") if isinstance(target, str) else ("≥" if unit.endswith("/s") else "≤", "", "")
    )
    least = float(number or target)
    met = value >= least if sign == "≥" else value <= least
    return f"{sign} {least:g} {unit}", "met" if met else "MISSED"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
