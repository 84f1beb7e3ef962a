"""How an error looks over HTTP: one JSON shape, and the status that goes with each code.

It must not know what caused it; library exceptions were translated where they happened.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from media.errors import DeyeonsoError, Whose

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATUS = {
    "busy": 503,
    "overloaded": 503,
    "too_many_requests": 429,
    "call_unknown": 404,
    "persona_unknown": 404,
    "not_found": 404,
    "unauthorized": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "ticket_invalid": 401,
    "identity_unavailable": 503,
    "forbidden": 403,
    "not_allowed": 403,
    "host_refused": 403,
    "origin_refused": 403,
    "too_many_calls": 429,
    "too_many_candidates": 429,
    "sdp_too_large": 413,
    "body_too_large": 413,
    "body_too_slow": 408,
    "unsupported_media_type": 415,
    "duplicate": 409,
    "consent_outdated": 409,
    "consent_needed": 403,
    "llm_unavailable": 502,
    "llm_unauthorized": 502,
    "llm_cut_off": 502,
    "voice_failed": 502,
    "voice_unavailable": 502,
    "voice_cut_off": 502,
    "stt_unavailable": 502,
    "call_under_way": 409,
    "no_feedback": 404,
    "no_recording": 404,
    "bad_range": 416,
    "llm_timeout": 504,
    "voice_timeout": 504,
    "stt_timeout": 504,
    "audio_too_long": 413,
    "image_too_large": 413,
    "llm_rate_limited": 503,
    "persona_exists": 409,
    "persona_fixed": 403,
    "too_many": 409,
    "memory_unknown": 404,
    "fact_unknown": 404,
}
_BY_FAULT = {"caller": 400, "server": 500, "upstream": 502}
CODE = web.ResponseKey("code", str)  # under this key an error's response carries its code, for the metrics
RETRY_AFTER = 5.0  # s, where the error does not know better


class Fault(BaseModel):
    """What went wrong."""

    code: str = Field(description="stable, for programs")
    message: str = Field(description="for people")


class Error(BaseModel):
    """The one shape of every failure."""

    error: Fault


def error_response(code: str, message: str, status: int, headers: dict[str, str] | None = None) -> web.Response:
    """`{"error": {"code", "message"}}`."""
    body = Error(error=Fault(code=code, message=message)).model_dump_json().encode()
    response = web.Response(body=body, status=status, headers=headers, content_type="application/json")
    response[CODE] = code
    return response


def status_of(code: str, whose: Whose = "caller") -> int:
    """The HTTP status that goes with an error."""
    return _STATUS.get(code) or (503 if code.startswith("store_") else _BY_FAULT[whose])


def respond_to(error: DeyeonsoError) -> web.Response:
    """The response an expected error gets. Which host or file the store is, is the operator's business."""
    status = status_of(error.code, error.whose)
    retry = getattr(error, "retry_after", None) or RETRY_AFTER
    headers = {"Retry-After": str(math.ceil(retry))} if status in (429, 503) else None
    if status == 401:
        headers = {"WWW-Authenticate": f'Bearer error="{error.code}"'}  # the browser refreshes and asks again
    message = error.message
    if error.code.startswith("store_"):
        log.error("store_failed", code=error.code, message=error.message)
        message = "저장소를 지금 쓸 수 없어요. 잠시 뒤에 다시 해 주세요."
    return error_response(error.code, message, status, headers)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure leaves in the one shape; an unexpected one says nothing about the inside."""
    try:
        return await handler(request)
    except DeyeonsoError as error:
        return respond_to(error)
    except ConnectionResetError:
        return error_response("client_gone", "the client has left", 499)  # nobody reads it
    except web.HTTPRequestEntityTooLarge as error:
        return error_response("body_too_large", error.text or "the body is too large", 413)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = (error.reason or "error").lower().replace(" ", "_").replace("-", "_")
        allow = error.headers.get("Allow")
        return error_response(code, error.reason or "error", error.status, {"Allow": allow} if allow else None)
    except Exception:
        log.exception("request_failed", path=request.path)
        return error_response("internal", "something went wrong here; it has been noted", 500)
