"""Turns what the `openai` client raises into the product's own errors, the same way for speech, text and voice.

It must not know what was asked for: the caller names its field ("llm", "voice", "stt"), the prefix of each code.
"""

from __future__ import annotations

import json

import httpx2
import openai

from media.errors import DeyeonsoError

FAULTS = (openai.OpenAIError, httpx2.HTTPError, OSError, json.JSONDecodeError, UnicodeDecodeError)
"""All that a request may raise: the client's own, the transport's while a body streams, and unreadable JSON."""


def translate(error: Exception, field: str) -> DeyeonsoError | None:
    """`{field}_timeout | _unauthorized | _rate_limited | _unavailable`, upstream's fault; None for a bug of ours."""
    match error:
        case DeyeonsoError():
            return error
        case openai.APITimeoutError() | httpx2.TimeoutException() | TimeoutError():
            return DeyeonsoError(f"{field}_timeout", "the service did not answer in time", "upstream")
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return DeyeonsoError(f"{field}_unauthorized", f"the service refuses this key: {error.message}", "upstream")
        case openai.RateLimitError():
            wait = error.response.headers.get("retry-after")
            after = f"; it asks to wait {wait} s" if wait else ""
            message = f"the service is at its limit{after}"
            return DeyeonsoError(f"{field}_rate_limited", message, "upstream", _seconds(wait))
        case _ if isinstance(error, FAULTS):
            return DeyeonsoError(f"{field}_unavailable", f"the service failed: {_first_line(error)}", "upstream")
    return None


def worth_another_try(error: Exception) -> bool:
    """Whether the same request may well succeed at once: broken connections and server errors, not refusals."""
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException | TimeoutError):
        return False
    if isinstance(error, openai.APIStatusError):
        return error.status_code >= 500 or error.status_code in (408, 409)
    if isinstance(error, DeyeonsoError):
        return error.code.endswith(("_unavailable", "_failed"))
    return isinstance(error, FAULTS)


def _seconds(wait: str | None) -> float | None:
    try:
        return max(0.0, float(wait)) if wait else None
    except ValueError:
        return None  # an HTTP date: rare here, and the message shows it


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
