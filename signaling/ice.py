"""ICE servers of one call: STUN, and TURN with credentials that are good for that call only.

It must not know HTTP, nor who calls: a TURN server writes user names into its log, and so they name nobody.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from aiortc import RTCIceServer

VALID = 4200  # s: a call lasts an hour at most, and takes a while to be placed


@dataclass(frozen=True, slots=True)
class Ice:
    """What is configured; an empty string is what is not. With `secret` the fixed user and credential are not used."""

    stun_url: str = ""
    turn_url: str = ""
    secret: str = ""
    username: str = ""
    credential: str = ""

    def servers(self, now: dt.datetime) -> list[RTCIceServer]:
        """For one end of one call that begins about `now`."""
        found = [RTCIceServer(urls=[self.stun_url])] if self.stun_url else []
        if self.turn_url:
            name, word = self.username, self.credential
            if self.secret:
                name, word = credentials(self.secret, int(now.timestamp()) + VALID, secrets.token_hex(6))
            found.append(RTCIceServer(urls=[self.turn_url], username=name, credential=word))
        return found


def credentials(secret: str, expiry: int, label: str) -> tuple[str, str]:
    """(user name, password) until `expiry`, Unix seconds, as coturn's `use-auth-secret` checks them.

    Source: draft-uberti-behave-turn-rest-00, 2.2: `expiry:label`, and base64(HMAC-SHA1(secret, user name)).
    """
    name = f"{expiry}:{label}"
    digest = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(digest).decode()


def links(servers: Iterable[RTCIceServer]) -> list[str]:
    """The servers as values of WHIP's Link header (RFC 9725, 4.6)."""
    found = []
    for server in servers:
        for url in server.urls:
            link = f'<{url}>; rel="ice-server"'
            if server.username:
                link += f'; username="{_quoted(server.username)}"; credential="{_quoted(server.credential or "")}"'
                link += '; credential-type="password"'
            found.append(link)
    return found


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
