"""Who is asking: a Supabase access token in, an Identity out.

It must not know routes or what anybody may do. The algorithm comes from the key, never from the token's header, and
nothing in `user_metadata` (which people write themselves) gives a right.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import jwt

from media.errors import DeyeonsoError
from signaling.keys import Key, Keys

AUDIENCE = "authenticated"
LEEWAY = 5.0  # s between the provider's clock and ours
LONGEST = 8 * 1024  # characters of a token
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_REQUIRED = ["exp", "iat", "sub", "aud", "iss"]
_NOT_THIS_KEY = (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, jwt.InvalidKeyError)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who asks. `roles` come from `app_metadata`, which only the operator can write."""

    user_id: str
    email: str | None = None
    name: str = ""
    roles: frozenset[str] = frozenset()
    expires: dt.datetime | None = None  # None: does not (the local guest)


GUEST = Identity("guest", name="손님")  # the one local user where no identity is configured


def unauthorized(code: str, message: str) -> DeyeonsoError:
    return DeyeonsoError(code, message, "caller")


class Auth:
    """Checks tokens of one provider: `secret` (HS256) if there is one, and the keys it publishes at `url`.

    Enter it before use. `url` is Supabase's own (without `/auth/v1`); without it any issuer that knows the secret is
    believed.
    """

    def __init__(self, url: str = "", secret: str = "", keys: Keys | None = None) -> None:
        self._issuer = f"{url.rstrip('/')}/auth/v1" if url else None
        self._secret = Key(secret, "HS256") if secret else None
        self._keys = keys or (Keys(f"{self._issuer}/.well-known/jwks.json") if url else None)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Auth:
        if self._keys is not None:
            await self._stack.enter_async_context(self._keys)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def identify(self, token: object) -> Identity:
        """Whose token this is.

        Raises DeyeonsoError `token_invalid`, `token_expired`, or `identity_unavailable` where it cannot be known now.
        """
        if not isinstance(token, str) or not 0 < len(token) <= LONGEST:
            raise _invalid("no token of ours")
        try:
            header = jwt.get_unverified_header(token)
            if self._secret is not None:
                try:
                    return self._read(token, self._secret)
                except _NOT_THIS_KEY:
                    pass
            key = await self._keys.find(header.get("kid")) if self._keys is not None else None
            if key is None:
                raise _invalid("signed by nobody known here")
            return self._read(token, key)
        except jwt.ExpiredSignatureError:
            raise unauthorized("token_expired", "this sign-in has expired: refresh it") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            raise _invalid(type(error).__name__) from None

    def _read(self, token: str, key: Key) -> Identity:
        claims = jwt.decode(
            token,
            key.value,
            algorithms=[key.algorithm],
            audience=AUDIENCE,
            issuer=self._issuer,
            leeway=LEEWAY,
            options={"require": _REQUIRED, "strict_aud": True},
        )
        return identity_of(claims)


def _invalid(why: str) -> DeyeonsoError:
    return unauthorized("token_invalid", f"this token is not accepted ({why})")


def identity_of(claims: Mapping[str, Any]) -> Identity:
    """The person of verified claims. Raises DeyeonsoError `token_invalid` for those that are no person's."""
    subject, role = claims["sub"], claims.get("role", AUDIENCE)
    if role != AUDIENCE:
        raise _invalid("not a person's")
    if not isinstance(claims["iss"], str) or not _SUBJECT.fullmatch(subject) or subject == GUEST.user_id:
        raise _invalid("no subject of ours")
    given, about = claims.get("app_metadata"), claims.get("user_metadata")
    given, about = given if isinstance(given, dict) else {}, about if isinstance(about, dict) else {}
    listed = given.get("roles")
    roles = [given.get("role"), *(listed if isinstance(listed, list) else [])]
    email, name = claims.get("email"), about.get("full_name") or about.get("name")
    return Identity(
        user_id=subject,
        email=email[:320] if isinstance(email, str) and email else None,
        name=name[:100] if isinstance(name, str) else "",
        roles=frozenset(role for role in roles if isinstance(role, str)),
        expires=dt.datetime.fromtimestamp(int(claims["exp"]), dt.UTC),
    )
