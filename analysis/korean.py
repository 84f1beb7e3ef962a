"""Korean morphology: owns the process's one Kiwi (2–4 s to warm up, about half a gigabyte) and hands out plain tokens.

It must not know what the words are used for. `load` is blocking: call it on a worker at start, never on the event loop.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LONGEST = 2_000  # characters analysed of one text: a 10 MB message must not stop a call

_lock = threading.Lock()
_kiwi: Any = None  # kiwipiepy ships no types


@dataclass(frozen=True, slots=True)
class Morpheme:
    """One morpheme. Tags are Sejong's (NNG common noun, VV verb, EF final ending …), irregular marks cut off."""

    form: str
    tag: str
    start: int  # index of its first character in the text
    end: int  # index after its last character
    word: int  # number of the space-separated word it stands in
    exact: str  # the tag with Kiwi's mark of irregular conjugation (VV-I), as `join` wants it

    @property
    def is_noun(self) -> bool:
        return self.tag in ("NNG", "NNP", "SL")

    @property
    def is_predicate(self) -> bool:
        return self.tag in ("VV", "VA", "VX", "VCP", "VCN", "XSV", "XSA")


def load() -> None:
    """Load and warm up the model; a second call costs nothing. Blocking: seconds."""
    _instance()


def _instance() -> Any:
    global _kiwi
    with _lock:
        if _kiwi is None:
            from kiwipiepy import Kiwi  # here, so that importing this module costs nothing

            kiwi = Kiwi(num_workers=1)
            kiwi.tokenize("반가워요.")  # Kiwi builds its tables at the first use: pay for that here
            _kiwi = kiwi
        return _kiwi


@lru_cache(maxsize=4096)
def morphemes(text: str) -> tuple[Morpheme, ...]:
    """The morphemes of `text` in order (.3 ms a sentence once loaded); beyond `LONGEST` characters it is cut."""
    kiwi = _instance()
    text = text[:LONGEST]
    with _lock:
        tokens = kiwi.tokenize(text)
    word_at, word = [], 0
    for index, char in enumerate(text):
        word += char.isspace() and index > 0 and not text[index - 1].isspace()
        word_at.append(word)
    return tuple(
        Morpheme(
            token.form, token.tag.split("-")[0], token.start, token.start + token.len, word_at[token.start], token.tag
        )
        for token in tokens
    )


@lru_cache(maxsize=4096)
def _joined(parts: tuple[tuple[str, str], ...]) -> str:
    kiwi = _instance()
    with _lock:
        return str(kiwi.join(parts))


def join(parts: Iterable[tuple[str, str]]) -> str:
    """Write (form, tag) pairs as Korean: conjugates, contracts, chooses allomorphs. [(하,VV),(어,EF)] → "해"."""
    return _joined(tuple(parts))
