"""Tokens that must not be believed, each made for a given Supabase as an attacker would make it.

It must not know how they are checked. An attacker has an account of their own, knows the address, the ids and the
public keys, and has keys of their own; not the provider's private key or secret.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.supabase import FakeSupabase

OWN = ec.generate_private_key(ec.SECP256R1())
OWN_SECRET = "the-attackers-own-secret-of-some-length"
WHO = "mallory@example.com"


def b64(value: bytes | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(supabase: FakeSupabase, **changed: Any) -> dict[str, Any]:
    if WHO not in supabase.users:
        supabase.add(WHO)
    return supabase.claims(WHO, **changed)


def unsigned(supabase: FakeSupabase, **header: Any) -> str:
    return f"{b64({'typ': 'JWT', **header})}.{b64(claims(supabase))}."


def own(supabase: FakeSupabase, **header: Any) -> str:
    """Signed with the attacker's own key, of whatever kind the header says."""
    named = {"kid": supabase.keys[-1].id, **header}
    if supabase.script.secret:
        return jwt.encode(claims(supabase), OWN_SECRET, "HS256", named)
    return jwt.encode(claims(supabase), OWN, "ES256", named)


def changed(**claims_changed: Any) -> Callable[[FakeSupabase], str]:
    """Rightly signed, wrong in what it says."""
    return lambda supabase: supabase.sign(claims(supabase, **claims_changed))


def rightly_signed(supabase: FakeSupabase, **header: Any) -> str:
    key = supabase.keys[-1]
    if supabase.script.secret:
        return jwt.encode(claims(supabase), supabase.script.secret, "HS256", header)
    return jwt.encode(claims(supabase), key.private, "ES256", {"kid": key.id, **header})


def confused(form: str) -> Callable[[FakeSupabase], str]:
    """HS256 with the public key's own bytes as the secret; against a secret: ES256 with the attacker's key."""

    def make(supabase: FakeSupabase) -> str:
        if supabase.script.secret:
            return jwt.encode(claims(supabase), OWN, "ES256", {"kid": supabase.keys[-1].id})
        public = supabase.keys[-1].private.public_key()
        if form == "jwk":
            secret = json.dumps(supabase.keys[-1].public).encode()
        else:
            encoding = getattr(serialization.Encoding, form)
            secret = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        head = b64({"alg": "HS256", "typ": "JWT", "kid": supabase.keys[-1].id})
        signed = f"{head}.{b64(claims(supabase))}".encode()
        mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signed, secret)
        return f"{signed.decode()}.{b64(mac)}"

    return make


def tampered(supabase: FakeSupabase) -> str:
    """The attacker's own good token, made somebody else's."""
    head, _, signature = supabase.token(WHO).split(".")
    return f"{head}.{b64(claims(supabase, sub='11111111-2222-4333-8444-555555555555'))}.{signature}"


def stripped(supabase: FakeSupabase) -> str:
    return supabase.token(WHO).rpartition(".")[0] + "."


def zero_signature(supabase: FakeSupabase) -> str:
    """r = s = 0, which some verifiers took for any message (CVE-2022-21449)."""
    head = b64({"alg": "ES256", "typ": "JWT", "kid": supabase.keys[-1].id})
    return f"{head}.{b64(claims(supabase))}.{b64(bytes(64))}"


def deep(supabase: FakeSupabase) -> str:
    return f"{b64(b'[' * 5000)}.{b64(claims(supabase))}.{b64(b'x')}"


def project_key(role: str) -> Callable[[FakeSupabase], str]:
    """The project's own API keys of old are tokens too, and no person's."""

    def make(supabase: FakeSupabase) -> str:
        now = int(time.time())
        return supabase.sign({"iss": "supabase", "ref": "abc", "role": role, "iat": now, "exp": now + 10**8})

    return make


def forever(supabase: FakeSupabase) -> str:
    return supabase.sign(claims(supabase, exp=float("inf")))


ATTACKS: dict[str, Callable[[FakeSupabase], str]] = {
    "alg none": lambda supabase: unsigned(supabase, alg="none"),
    "alg nOnE": lambda supabase: unsigned(supabase, alg="nOnE"),
    "no alg": unsigned,
    "alg is a list": lambda supabase: unsigned(supabase, alg=["HS256", "ES256"]),
    "confusion by PEM": confused("PEM"),
    "confusion by DER": confused("DER"),
    "confusion by JWK": confused("jwk"),
    "embedded jwk": lambda supabase: own(
        supabase, jwk=jwt.algorithms.ECAlgorithm.to_jwk(OWN.public_key(), as_dict=True)
    ),
    "jku": lambda supabase: own(supabase, jku="http://127.0.0.1:9/jwks.json"),
    "x5u": lambda supabase: own(supabase, x5u="http://127.0.0.1:9/cert.pem"),
    "kid is a path": lambda supabase: jwt.encode(
        claims(supabase), OWN_SECRET, "HS256", {"kid": "../../../../dev/null"}
    ),
    "kid is a query": lambda supabase: jwt.encode(
        claims(supabase), OWN_SECRET, "HS256", {"kid": "x' UNION SELECT 'the-secret'--"}
    ),
    "kid is an object": lambda supabase: (
        f"{b64({'alg': 'HS256', 'kid': {'$gt': ''}})}.{b64(claims(supabase))}.{b64(b'x' * 32)}"
    ),
    "kid unknown": lambda supabase: own(supabase, kid="nobody-knows-this-one"),
    "wrong key": own,
    "exp missing": changed(exp=None),
    "exp past": changed(exp=1_700_000_000),
    "exp no number": changed(exp="tomorrow"),
    "exp infinite": forever,
    "aud missing": changed(aud=None),
    "aud of others": changed(aud="anon"),
    "aud a list": changed(aud=["authenticated", "anon"]),
    "iss missing": changed(iss=None),
    "iss of others": changed(iss="https://evil.example/auth/v1"),
    "sub missing": changed(sub=None),
    "sub empty": changed(sub=""),
    "sub a path": changed(sub="../guest"),
    "sub the guest": changed(sub="guest"),
    "iat missing": changed(iat=None),
    "iat in the future": lambda supabase: supabase.sign(claims(supabase, iat=int(time.time()) + 600)),
    "nbf in the future": lambda supabase: supabase.sign(claims(supabase, nbf=int(time.time()) + 600)),
    "crit": lambda supabase: rightly_signed(supabase, crit=["exp"], exp=1),
    "crit of an extension that the library knows": lambda supabase: rightly_signed(supabase, crit=["b64"], b64=True),
    "ten kilobytes": changed(user_metadata={"name": "x" * 10_000}),
    "service_role": changed(role="service_role"),
    "the service key": project_key("service_role"),
    "the anon key": project_key("anon"),
    "tampered": tampered,
    "stripped": stripped,
    "zero signature": zero_signature,
    "deep header": deep,
    "rubbish": lambda supabase: "a.b.c",
    "not ASCII": lambda supabase: "토큰.토큰.토큰",
}
