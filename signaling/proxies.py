"""Whose address a request comes from, where proxies of our own stand before the service.

It must not know what the address is used for. `X-Forwarded-For` is believed only from a proxy that is listed; anybody
else could write in it whatever they like.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from aiohttp import web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(proxies: Sequence[Network] = ()) -> Callable[[web.Request], str]:
    """request → the address of the client: the last one in the chain that is no proxy of ours."""

    def address_of(request: web.Request) -> str:
        chain = [one.strip() for header in request.headers.getall("X-Forwarded-For", []) for one in header.split(",")]
        client = request.remote or "?"
        while chain and _is_ours(client, proxies):
            client = chain.pop()
        return client

    return address_of


def _is_ours(address: str, proxies: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)
