"""What is no HTTP never reaches a middleware: aiohttp answers it itself. Here that answer gets our one shape.

It must not know routes.
"""

from __future__ import annotations

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

from signaling.errors import error_response

log = structlog.get_logger()
_theirs = RequestHandler.handle_error


def answer_in_shape() -> None:
    """From now on, for every server of this process."""
    RequestHandler.handle_error = _handle_error  # type: ignore[method-assign]


def _handle_error(
    self: RequestHandler,
    request: web.BaseRequest,
    status: int = 500,
    exc: BaseException | None = None,
    message: str | None = None,
) -> web.StreamResponse:
    if not isinstance(exc, HttpProcessingError) or request.writer.output_size > 0:
        return _theirs(self, request, status, exc, message)
    # Strangers' scanners do this all day: a line, and nothing of what they sent.
    log.info("bad_http", status=status, kind=type(exc).__name__)
    response = error_response("bad_http", f"this cannot be read as HTTP ({type(exc).__name__})", status)
    response.force_close()
    return response
