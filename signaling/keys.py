"""The identity provider's public keys: fetched from its JWKS address, kept, and asked for again when one is unknown.

It must not know tokens or people. A key says which algorithm it is for; nothing that comes with a token does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp
import jwt
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from media.clock import monotonic
from media.errors import DeyeonsoError

log = structlog.get_logger()

TIMEOUT = 5.0  # s, for one fetch
COOLDOWN = 10.0  # s between two fetches, however many unknown key ids are asked for
FRESH = 600.0  # s until keys are fetched again, so that a withdrawn one goes
MAX_BYTES = 64 * 1024
SHORTEST_RSA = 2048  # bits


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the one algorithm it is for."""

    value: Any
    algorithm: str


class Keys:
    """Enter it to start fetching, leave it to stop; one fetch at a time, which every asker waits for together."""

    def __init__(self, url: str, cooldown: float = COOLDOWN, fresh: float = FRESH) -> None:
        self._url = url
        self._cooldown = cooldown
        self._fresh = fresh
        self._keys: dict[str, Key] = {}
        self._known = False  # a fetch has succeeded once
        self._asked_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Keys:
        await self._group.__aenter__()
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        self._fetching = self._group.create_task(self._fetch())  # the start does not wait for it
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
        await self._group.__aexit__(None, None, None)
        await self._http.close()

    async def find(self, key_id: object) -> Key | None:
        """The key of this id, or None. Raises DeyeonsoError `identity_unavailable` while no key could be fetched."""
        if not isinstance(key_id, str):
            return None
        found = self._keys.get(key_id)
        if found is None:
            await self._renewed(self._cooldown)
            found = self._keys.get(key_id)
        elif self._due(self._fresh):
            self._start()  # and meanwhile the known ones hold
        if found is None and not self._known:
            message = "the identity provider does not answer; try again in a moment"
            raise DeyeonsoError("identity_unavailable", message, "upstream", retry_after=self._cooldown)
        return found

    async def _renewed(self, age: float) -> None:
        if self._fetching is None or self._fetching.done():
            if not self._due(age):
                return
            self._start()
        assert self._fetching is not None
        await asyncio.wait([self._fetching])  # an asker that leaves does not stop it for the others

    def _due(self, age: float) -> bool:
        return self._asked_at is None or monotonic() - self._asked_at >= age

    def _start(self) -> None:
        if self._fetching is None or self._fetching.done():
            self._fetching = self._group.create_task(self._fetch())

    async def _fetch(self) -> None:
        """Fetch once. Whatever goes wrong, the keys known before stay."""
        try:
            async with self._http.get(self._url, allow_redirects=False) as response:
                if response.status != 200:
                    raise ValueError(f"status {response.status}")
                body = await response.content.read(MAX_BYTES + 1)
                while len(body) <= MAX_BYTES and (more := await response.content.read(MAX_BYTES)):
                    body += more
                if len(body) > MAX_BYTES:
                    raise ValueError("too long")
            self._keys = read_keys(orjson.loads(body))
            self._known = True
        except Exception as error:  # whatever a provider may say, the service goes on
            log.warning("identity_keys_unavailable", why=type(error).__name__, kept=len(self._keys))
        finally:
            self._asked_at = monotonic()


def read_keys(found: object) -> dict[str, Key]:
    """The usable keys of a JWKS document by their ids. Raises ValueError for what is none."""
    listed = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a JWKS document")
    return {one["kid"]: key for one in listed[:32] if isinstance(one, dict) and (key := _read(one)) is not None}


def _read(one: Mapping[str, Any]) -> Key | None:
    """ES256 for a P-256 key, RS256 for an RSA one of a decent length; a symmetric key is none to be published."""
    algorithm = {("EC", "P-256"): "ES256", ("RSA", None): "RS256"}.get((str(one.get("kty")), one.get("crv")))
    if (
        not isinstance(one.get("kid"), str)
        or algorithm is None
        or one.get("use", "sig") != "sig"
        or one.get("alg", algorithm) != algorithm
    ):
        return None
    try:
        value = jwt.PyJWK(dict(one), algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if isinstance(value, RSAPublicKey) and value.key_size < SHORTEST_RSA:
        return None
    return Key(value, algorithm)
