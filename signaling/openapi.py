"""The OpenAPI 3.1 document, made of the same declarations that check requests (signaling/api.py).

It must not know any route, nor check anything itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from signaling.api import JSON, Api, Route
from signaling.errors import Error, status_of

REF = "#/components/schemas/{model}"
_ABOUT = (
    "데연소: AI 페르소나와 영상통화로 대화를 연습하는 서비스. / A practice studio for conversation: "
    "video calls (WebRTC) with AI personas in Korean. Every failure has the one shape "
    '`{"error": {"code", "message"}}`; a 429 or 503 says in `Retry-After` when to come back.'
)


def document(apis: Sequence[Api], version: str) -> dict[str, Any]:
    """The whole document, ready to be JSON."""
    routes = [route for api in apis for route in api.routes]
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = list(
        dict.fromkeys([*_models(routes), (Error, "serialization")])
    )
    schemas, shared = models_json_schema(wanted, ref_template=REF)
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for route in routes:
        paths[re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)][route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "데연소 · Deyeonso", "version": version, "description": _ABOUT},
        "tags": [{"name": api.tag, "description": api.title} for api in apis],
        "paths": dict(paths),
        "components": {
            "schemas": shared["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _models(routes: Iterable[Route]) -> Iterable[tuple[type[BaseModel], JsonSchemaMode]]:
    for route in routes:
        for model in (route.body, route.query):
            if model is not None:
                yield model, "validation"
        for answer in (one for some in route.answers.values() for one in some):
            if not isinstance(answer, str):
                yield answer, "serialization"


def _operation(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "tags": [route.tag],
        "summary": route.summary,
        "operationId": f"{route.tag}.{route.handler.__name__}",
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {**_good(route, schemas), **_bad(route)},
        # Sign-in may be given anywhere, and need not be where the service is a guest's own.
        "security": [{}] if route.public else [{"bearer": []}, {}],
    }
    if about := (route.handler.__doc__ or "").strip():
        operation["description"] = re.sub(r"\s+", " ", about)
    content: dict[str, Any] = {}
    if route.body is not None:
        content[JSON] = {"schema": schemas[route.body, "validation"]}
    for media in route.media:
        content[media] = {"schema": route.form if "form-data" in media else _plain(media)}
    if content:
        operation["requestBody"] = {"required": not route.body_optional, "content": content}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"minLength": 1, **adapter.json_schema()}}
        for name, adapter in route.parts.items()
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema()
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": one}
        for name, one in schema["properties"].items()
    ]


def _good(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, answers in route.answers.items():
        content: dict[str, Any] = {}
        for answer in answers:
            if isinstance(answer, str):
                content[answer] = {"schema": _plain(answer)}
            else:
                content[JSON] = {"schema": schemas[answer, "serialization"]}
        responses[str(status)] = {"description": route.summary, **({"content": content} if content else {})}
    return responses


def _plain(media: str) -> dict[str, Any]:
    """The schema of a body that is no JSON."""
    if media == "text/event-stream":  # of each event
        text = {"type": "string"}
        return {"type": "object", "properties": {"event": text, "data": {**text, "description": "JSON"}}}
    return {"type": "string"} if media.startswith(("application/sdp", "text/")) or media.endswith("sdpfrag") else {}


def _bad(route: Route) -> dict[str, Any]:
    codes: dict[int, list[str]] = defaultdict(list)
    takes = ["bad_request"] if route.parts or route.query else []
    if route.body is not None or route.media:
        takes = ["bad_request", "bad_json", "body_too_large", "body_too_slow", "unsupported_media_type"]
    for code in dict.fromkeys([*takes, *route.errors]):
        codes[status_of(code)].append(code)
    content = {JSON: {"schema": {"$ref": REF.format(model="Error")}}}
    declared = {
        str(status): {"description": ", ".join(some), "content": content} for status, some in sorted(codes.items())
    }
    return {**declared, "default": {"description": "any other failure, in the same shape", "content": content}}
