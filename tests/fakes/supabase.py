"""A stand-in for Supabase's sign-in on a real socket: its REST, its ES256 keys, its single-use refresh tokens.

It must not know our service: what talks to it is the browser's page (sign-up, sign-in, refresh, sign-out) and the
server, which fetches its public keys. It misbehaves exactly as its script says.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

ANON_KEY = "sb_publishable_for-tests"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, x-client-info, apikey, content-type, x-supabase-api-version",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
}


@dataclass
class Script:
    """How it behaves."""

    lifetime: float = 3600.0  # s of an access token
    confirm_email: bool = False  # sign-up gives no session before the address is confirmed
    secret: str = ""  # sign with HS256 and publish no key, as projects of old do
    jwks_delay: float = 0.0  # s before the keys come
    jwks_status: int = 200
    jwks_redirect: str = ""  # where to, instead of an answer
    jwks_body: bytes | None = None  # in place of the keys
    token_statuses: list[int] = field(default_factory=list)  # error answers of /token to give first


class SigningKey:
    """One ES256 key pair and its id."""

    def __init__(self) -> None:
        self.id = str(uuid.uuid4())
        self.private = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> dict[str, Any]:
        """As the JWKS shows it."""
        shown = jwt.algorithms.ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**shown, "kid": self.id, "alg": "ES256", "use": "sig", "key_ops": ["verify"], "ext": True}


class FakeSupabase:
    """`async with FakeSupabase() as supabase:` then `SUPABASE_URL=supabase.url`; `supabase.add(…)` makes a person."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.keys = [SigningKey()]  # the newest signs
        self.users: dict[str, dict[str, Any]] = {}  # by e-mail
        self.jwks_requests = 0
        self.url = ""
        self._passwords: dict[str, str] = {}
        self._refresh: dict[str, tuple[str, str]] = {}  # token → (e-mail, session)
        self._used: dict[str, str] = {}  # used refresh token → session
        self._sessions: dict[str, str] = {}  # open sessions → e-mail

    async def __aenter__(self) -> FakeSupabase:
        app = web.Application(middlewares=[_gateway])
        app.router.add_get("/auth/v1/.well-known/jwks.json", self._jwks)
        app.router.add_post("/auth/v1/signup", self._signup)
        app.router.add_post("/auth/v1/token", self._token)
        app.router.add_get("/auth/v1/user", self._user)
        app.router.add_post("/auth/v1/logout", self._logout)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    # -- for tests

    @property
    def issuer(self) -> str:
        return f"{self.url}/auth/v1"

    def add(self, email: str, password: str = "correct horse", **metadata: Any) -> dict[str, Any]:
        """Make a person who can sign in; `metadata` is what they say of themselves."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._passwords[email] = password
        self.users[email] = {
            "id": str(uuid.uuid4()),
            "aud": "authenticated",
            "role": "authenticated",
            "email": email,
            "email_confirmed_at": at,
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {"email": email, **metadata},
            "identities": [],
            "created_at": at,
            "updated_at": at,
            "is_anonymous": False,
        }
        return self.users[email]

    def claims(self, email: str, session: str = "", /, **changed: Any) -> dict[str, Any]:
        """What an access token of this person says, with some claims changed (None: left out)."""
        user, now = self.users[email], time.time()
        told = {
            "iss": self.issuer,
            "sub": user["id"],
            "aud": "authenticated",
            "exp": int(now + self.script.lifetime),
            "iat": int(now),
            "email": email,
            "phone": "",
            "app_metadata": user["app_metadata"],
            "user_metadata": user["user_metadata"],
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": int(now)}],
            "session_id": session or str(uuid.uuid4()),
            "is_anonymous": False,
        }
        return {name: value for name, value in {**told, **changed}.items() if value is not None}

    def sign(self, claims: dict[str, Any]) -> str:
        """A token with these claims, signed as the script says."""
        if self.script.secret:
            return jwt.encode(claims, self.script.secret, "HS256")
        return jwt.encode(claims, self.keys[-1].private, "ES256", {"kid": self.keys[-1].id})

    def token(self, email: str, /, **changed: Any) -> str:
        """An access token of this person, who is made if unknown."""
        if email not in self.users:
            self.add(email)
        return self.sign(self.claims(email, **changed))

    def revoke(self, email: str) -> None:
        """End every session of this person, as an operator or a global sign-out does."""
        self._sessions = {session: whose for session, whose in self._sessions.items() if whose != email}
        self._refresh = {token: known for token, known in self._refresh.items() if known[0] != email}

    # -- its REST

    async def _jwks(self, request: web.Request) -> web.Response:
        self.jwks_requests += 1
        script = self.script
        await asyncio.sleep(script.jwks_delay)
        if script.jwks_redirect:
            raise web.HTTPFound(script.jwks_redirect)
        keys = [] if script.secret else [key.public for key in self.keys]
        body = json.dumps({"keys": keys}).encode() if script.jwks_body is None else script.jwks_body
        return web.Response(body=body, status=script.jwks_status, content_type="application/json")

    async def _signup(self, request: web.Request) -> web.Response:
        body = await request.json()
        email, password = body.get("email", ""), body.get("password", "")
        if "@" not in email:
            return _error(400, "validation_failed", "Unable to validate email address: invalid format")
        if len(password) < 6:
            message = "Password should be at least 6 characters."
            return _error(422, "weak_password", message, weak_password={"reasons": ["length"]})
        if email in self.users:
            return _error(422, "user_already_exists", "User already registered")
        user = self.add(email, password, **body.get("data", {}))
        if self.script.confirm_email:
            user.pop("email_confirmed_at")
            return web.json_response({**user, "confirmation_sent_at": user["created_at"]})
        return self._begin(email)

    async def _token(self, request: web.Request) -> web.Response:
        if self.script.token_statuses:
            return _error(self.script.token_statuses.pop(0), "unexpected_failure", "Internal Server Error")
        body = await request.json()
        match request.query.get("grant_type"):
            case "password":
                email = body.get("email", "")
                if email not in self.users or not secrets.compare_digest(
                    self._passwords[email].encode(), str(body.get("password")).encode()
                ):
                    return _error(400, "invalid_credentials", "Invalid login credentials")
                if "email_confirmed_at" not in self.users[email]:
                    return _error(400, "email_not_confirmed", "Email not confirmed")
                return self._begin(email)
            case "refresh_token":
                return self._renew(str(body.get("refresh_token")))
        return _error(400, "invalid_request", "unsupported_grant_type")

    def _renew(self, token: str) -> web.Response:
        """A refresh token is good once; one that comes again is stolen, and its whole session ends."""
        if token in self._used:
            session = self._used[token]
            self._sessions.pop(session, None)
            self._refresh = {known: whose for known, whose in self._refresh.items() if whose[1] != session}
            return _error(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
        if token not in self._refresh:
            return _error(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        email, session = self._refresh.pop(token)
        self._used[token] = session
        return self._grant(email, session)

    def _begin(self, email: str) -> web.Response:
        session = str(uuid.uuid4())
        self._sessions[session] = email
        return self._grant(email, session)

    def _grant(self, email: str, session: str) -> web.Response:
        claims, refresh = self.claims(email, session), secrets.token_urlsafe(9)
        self._refresh[refresh] = (email, session)
        return web.json_response(
            {
                "access_token": self.sign(claims),
                "token_type": "bearer",
                "expires_in": int(self.script.lifetime),
                "expires_at": claims["exp"],
                "refresh_token": refresh,
                "user": self.users[email],
                "weak_password": None,
            }
        )

    def _session_of(self, request: web.Request) -> tuple[str, str] | web.Response:
        """(session, e-mail) of a request's bearer."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return _error(401, "no_authorization", "This endpoint requires a valid Bearer token")
        key, algorithm = (self.keys[-1].private.public_key(), "ES256")
        try:
            claims = jwt.decode(
                token,
                self.script.secret or key,
                ["HS256" if self.script.secret else algorithm],
                audience="authenticated",
            )
        except jwt.PyJWTError as error:
            return _error(403, "bad_jwt", f"invalid JWT: unable to parse or verify signature, {error}")
        if claims["session_id"] not in self._sessions:
            return _error(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return claims["session_id"], self._sessions[claims["session_id"]]

    async def _user(self, request: web.Request) -> web.Response:
        found = self._session_of(request)
        return found if isinstance(found, web.Response) else web.json_response(self.users[found[1]])

    async def _logout(self, request: web.Request) -> web.Response:
        found = self._session_of(request)
        if isinstance(found, web.Response):
            return found
        session, email = found
        if request.query.get("scope", "global") == "global":
            self.revoke(email)
        else:
            self._sessions.pop(session, None)
            self._refresh = {token: known for token, known in self._refresh.items() if known[1] != session}
        return web.Response(status=204)


@web.middleware
async def _gateway(request: web.Request, handler: Any) -> web.StreamResponse:
    """What stands before the service: CORS for any page, and nothing without the project's key."""
    if request.method == "OPTIONS":
        return web.Response(status=204, headers=_CORS)
    if not request.path.endswith("/jwks.json") and request.headers.get("apikey") != ANON_KEY:
        hint = "No `apikey` request header or url param was found."
        return web.json_response({"message": "No API key found in request", "hint": hint}, status=401, headers=_CORS)
    response = await handler(request)
    response.headers.update(_CORS)
    return response


def _error(status: int, code: str, message: str, **more: Any) -> web.Response:
    return web.json_response({"code": status, "error_code": code, "msg": message, **more}, status=status)
