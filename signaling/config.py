"""Configuration from the environment and `.env`: every name, its default, and one clear error for a bad value.

It must not know what the values are used for; `run.py` reads it once, at the start.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import jwt
from pydantic import Field, IPvAnyNetwork, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from media.errors import DeyeonsoError

SHORTEST_SECRET = 32  # bytes, as HS256 asks for (RFC 7518, 3.2)
_ICE = {"stun_url": r"stuns?:%s", "turn_url": r"turns?:%s(\?transport=(udp|tcp))?"}
_PLACE = r"[A-Za-z0-9.-]+(:[0-9]{1,5})?"
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")
Listed = Annotated[tuple[str, ...], NoDecode]


class Config(BaseSettings):
    """All settings; the field name in upper case is the environment variable."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    app_name: str = "deyeonso"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    data_dir: Path = Path("data")
    allowed_origins: Listed = ()
    cors_origins: Listed = ()
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    max_upload_bytes: int = Field(default=33_554_432, ge=1024)

    openai_api_key: str = ""
    openai_base_url: str = "https://api.openai.com/v1"
    openai_model: str = "gpt-4o-mini"
    openai_tts_model: str = Field(default="gpt-4o-mini-tts", min_length=1)
    openai_stt_model: str = Field(default="whisper-1", min_length=1)
    stt_engine: Literal["whisper", "openai"] | None = None
    llm_engine: Literal["openai", "offline"] | None = None
    tts_engine: Literal["edge", "openai", "kokoro"] | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    expression_model: str = ""

    mongodb_uri: str = ""
    mongodb_driver: Literal["motor", "pymongo"] = "motor"
    database_name: str = "deyeonso"
    store_fallback: Literal["embedded"] | None = None
    keep_media_days: int = Field(default=7, ge=1, le=36500)
    keep_transcripts_days: int = Field(default=90, ge=1, le=36500)
    keep_audit_days: int = Field(default=365, ge=1, le=36500)
    master_key: str = ""
    metrics_token: str = ""
    supabase_url: str = ""
    supabase_anon_key: str = ""
    jwt_secret_key: str = ""
    websocket_host: str = ""
    websocket_port: int = Field(default=0, ge=0, le=65535)
    runpod_url: str = ""
    engine: Literal["local"] = "local"

    max_calls: int = Field(default=8, ge=1, le=1000)
    private_peers: bool = True
    max_calls_per_user: int = Field(default=2, ge=1, le=1000)
    stun_url: str = ""
    turn_url: str = ""
    turn_username: str = ""
    turn_credential: str = ""
    turn_secret: str = Field(default="", validate_default=True)  # after those it is checked against

    @field_validator("allowed_origins", "cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        """Also as a JSON list."""
        if isinstance(value, str):
            return tuple(
                part.strip().rstrip("/") for part in re.sub(r"^\[|\]$|[\"']", "", value).split(",") if part.strip()
            )
        return value

    @field_validator("allowed_origins", "cors_origins")
    @classmethod
    def _named_one_by_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin in ("*", "null"):
                raise ValueError("any site could then use the service in its visitors' names: list the sites' origins")
            if not _ORIGIN.fullmatch(origin):
                raise ValueError("an origin is a scheme, a host and perhaps a port, such as https://example.com")
        return tuple(origin.lower() for origin in value)

    @field_validator("openai_base_url", "supabase_url")
    @classmethod
    def _an_http_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("jwt_secret_key")
    @classmethod
    def _hard_to_guess(cls, value: str) -> str:
        if value and len(value.encode()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} bytes, or anybody could find it by trying")
        return value

    @field_validator("supabase_anon_key")
    @classmethod
    def _may_be_public(cls, value: str) -> str:
        with suppress(jwt.PyJWTError):
            if value and jwt.decode(value, options={"verify_signature": False}).get("role") == "service_role":
                raise ValueError("this is the service_role key, and browsers are told this one: put the anon key here")
        if value.startswith("sb_secret_"):
            raise ValueError("this is a secret key, and browsers are told this one: put the publishable key here")
        return value

    @field_validator("stun_url", "turn_url")
    @classmethod
    def _an_ice_url(cls, value: str, info: ValidationInfo) -> str:
        kind = str(info.field_name)
        if value and not re.fullmatch(_ICE[kind] % _PLACE, value):
            raise ValueError(f"must look like {kind[:4]}:host:port")
        return value

    @field_validator("turn_secret")
    @classmethod
    def _one_way_in(cls, value: str, info: ValidationInfo) -> str:
        url, pair = info.data.get("turn_url"), [info.data.get(f"turn_{name}") for name in ("username", "credential")]
        if value and any(pair):
            raise ValueError("TURN_USERNAME and TURN_CREDENTIAL are set too: use the secret or the pair, not both")
        if (value or any(pair)) and url == "":
            raise ValueError("TURN_URL is not set: whose secret or user is this?")
        if url and not value and not all(pair):
            raise ValueError("TURN_URL needs it (coturn's static-auth-secret), or TURN_USERNAME and TURN_CREDENTIAL")
        return value

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins of other sites that may use the API."""
        return tuple(dict.fromkeys((*self.allowed_origins, *self.cors_origins)))


# Misspelt names of ours would be silently ignored: these prefixes belong to us, so an unknown one is an error.
_OUR_PREFIXES = (
    "STT_",
    "LLM_",
    "TTS_",
    "MONGODB_",
    "SUPABASE_",
    "OPENAI_",
    "DATA_",
    "KEEP_",
    "STORE_",
    "TURN_",
    "STUN_",
)
_OF_LIBRARIES = {"OPENAI_ORG_ID", "OPENAI_ORGANIZATION", "OPENAI_PROJECT_ID", "OPENAI_LOG", "OPENAI_WEBHOOK_SECRET"}


def read_config(env_file: str | None = ".env") -> Config:
    """The configuration, or DeyeonsoError `bad_config` that names the variable, its value and what is wrong."""
    known = {name.upper() for name in Config.model_fields}
    for name in os.environ:
        if name.startswith(_OUR_PREFIXES) and name not in known and name not in _OF_LIBRARIES:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise DeyeonsoError("bad_config", f"{name}: there is no such setting (did you mean {near}?)", "caller")
    try:
        return Config(_env_file=env_file)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "?"
        shown = (
            ""
            if any(word in name for word in ("KEY", "CREDENTIAL", "TOKEN", "SECRET", "URI"))
            else f" = {first.get('input')!r}"
        )
        message = f"{name}{shown}: {first['msg'].removeprefix('Value error, ')}"
        raise DeyeonsoError("bad_config", message, "caller") from None
    except UnicodeDecodeError:
        raise DeyeonsoError("bad_config", f"{env_file} is not UTF-8 text", "caller") from None


def fail(error: DeyeonsoError) -> int:
    """Say why the program cannot start, in one line on stderr. The exit status, 2."""
    sys.stderr.write(f"deyeonso: {error.code}: {error.message}\n")
    return 2


def is_loopback(host: str) -> bool:
    """Does this address reach only this machine?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
