"""What is written as it sounds ("조아해요", "가치 가요", "반가워여") written as it should be. Pure.

It must not know what the text is for; a recogniser and a hasty hand make the same slips.
"""

from __future__ import annotations

import re
from functools import lru_cache

from persona.tables import table


@lru_cache(maxsize=1)
def _slips() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(wrong), right) for wrong, right in table("slips")]


@lru_cache(maxsize=2048)
def corrected(text: str) -> str:
    """`text` with the usual slips put right."""
    for wrong, right in _slips():
        text = wrong.sub(right, text)
    return text
