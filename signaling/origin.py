"""May a page of this origin speak to the service? Pure; WebSockets need it, because browsers check no CORS for them.

It must not know requests.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit


def may_speak(origin: str | None, host: str, others: Collection[str] = ()) -> bool:
    """`origin`: the header, None from a program that is no browser; `host`: the request's Host; `others`: allowed."""
    if origin is None:
        return True
    if origin.rstrip("/") in others:
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and parts.netloc.lower() == host.lower()
