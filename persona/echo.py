"""Is what was recognised only her own voice, come back through the person's microphone? Pure text comparison.

It must not know audio: where the browser's echo canceller fails (mostly phones), the words give it away.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_NOT_LETTERS = re.compile(r"[^0-9A-Za-z가-힣]+")


def is_echo(heard: str, said: str) -> bool:
    """True if nearly all of `heard` stands, in one stretch or a few, in what she `said` shortly before.

    Short answers ("네", "좋아요") are never taken for echo: people do repeat a word of hers.
    """
    heard, said = _NOT_LETTERS.sub("", heard), _NOT_LETTERS.sub("", said)
    if len(heard) < 8 or not said:
        return False
    blocks = SequenceMatcher(None, heard, said, autojunk=False).get_matching_blocks()
    shared = sum(block.size for block in blocks if block.size >= 3)
    return shared / len(heard) >= 0.8
