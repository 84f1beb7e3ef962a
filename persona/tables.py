"""The word lists of this package's pure rooms, kept as data in tables/*.json.

It must not know what they are used for.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=16)
def table(name: str) -> Any:
    """tables/`name`.json, read once."""
    return json.loads((Path(__file__).parent / "tables" / f"{name}.json").read_text("utf-8"))
