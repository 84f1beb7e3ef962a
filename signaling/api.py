"""Routes that say what they take and give: one declaration is what is checked, served and documented.

It must not know any route or what it does. Its use, with `api = Api("chat", "대화 · Chat")` in a file of routes:

    class Question(Body): message: Annotated[str, Field(min_length=1, max_length=500)]
    class Answer(BaseModel): text: str

    @api.post("/chat/{id}", "말 걸기 · Say something", errors=["not_found"], status=201)
    async def say(request: web.Request, id: str, query: Options, body: Question) -> Answer: ...

The first argument is the request (`user_of(request)` says who asks), `body` the JSON body, `query` the query string,
every other one a part of the path; all are checked before the handler runs. The return annotation is the answer: a
model (JSON, `status`), None (204), or with `answers={201: Answer}` whatever a handler builds itself by `reply(…)` or
as a stream; a content type may stand in place of a model there. Other bodies than JSON are named in `media`: a handler
with `body: bytes` (or `Question | bytes`) gets them whole, one without `body` reads the stream itself. `errors` are the
codes of signaling/errors.py it may answer with; `public=True` (an attribute of the handler too) needs no sign-in.
"""

from __future__ import annotations

import asyncio
import types
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar, Unpack

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from media.errors import DeyeonsoError

MAX_BODY = 192 * 1024  # bytes of a body that is no upload
SLOWEST_BODY = 20.0  # s for all of it to arrive
JSON = "application/json"

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])
Answers = Mapping[int, type[BaseModel] | str | Sequence[type[BaseModel] | str] | None]


INK = r"\S"  # pattern of a text that is not only spaces


class Body(BaseModel):
    """A JSON body of ours: a misspelt field is an error, not silence."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class How(TypedDict, total=False):
    """What may be declared of an operation beside its method, path and summary."""

    errors: Sequence[str]  # codes it may answer with, beside those of reading its input
    answers: Answers  # where the return annotation does not say it
    media: Sequence[str]  # content types of its body other than JSON
    form: Mapping[str, Any]  # JSON schema of a multipart body
    public: bool  # needs no sign-in
    limit: int  # bytes of the body
    status: int  # of the answer


@dataclass(frozen=True)
class Route:
    """One declared operation, as the OpenAPI document needs it too."""

    method: str
    path: str
    summary: str
    handler: Callable[..., Awaitable[Any]]
    tag: str
    errors: tuple[str, ...]
    answers: dict[int, tuple[type[BaseModel] | str, ...]]
    media: tuple[str, ...]
    public: bool
    limit: int  # bytes of the body
    body: type[BaseModel] | None
    body_optional: bool
    raw: bool  # the handler wants other bodies as bytes
    query: type[BaseModel] | None
    parts: dict[str, TypeAdapter[Any]]  # of the path
    status: int
    form: Mapping[str, Any] = field(default_factory=dict)  # JSON schema of a multipart body


class Api:
    """The declared routes of one subject."""

    def __init__(self, tag: str, title: str) -> None:
        self.tag = tag
        self.title = title
        self.routes: list[Route] = []

    def route(self, method: str, path: str, summary: str, **how: Unpack[How]) -> Callable[[F], F]:
        """Declare the handler that follows; see the module's docstring."""

        def declare(handler: F) -> F:
            hints = typing.get_type_hints(handler, include_extras=True)
            given = hints.pop("return", None)
            hints.pop(next(iter(hints)))  # the request
            body, optional, raw = _body_of(hints.pop("body", None))
            status = how.get("status", 200)
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    summary=summary,
                    handler=handler,
                    tag=self.tag,
                    errors=tuple(how.get("errors", ())),
                    answers=_answers(how.get("answers"), given, status),
                    media=tuple(how.get("media", ())),
                    form=how.get("form", {}),
                    public=how.get("public", False),
                    limit=how.get("limit", MAX_BODY),
                    body=body,
                    body_optional=optional,
                    raw=raw,
                    query=hints.pop("query", None),
                    parts={name: TypeAdapter(hint) for name, hint in hints.items()},
                    status=status,
                )
            )
            return handler

        return declare

    def get(self, path: str, summary: str, **how: Unpack[How]) -> Callable[[F], F]:
        return self.route("GET", path, summary, **how)

    def post(self, path: str, summary: str, **how: Unpack[How]) -> Callable[[F], F]:
        return self.route("POST", path, summary, **how)

    def put(self, path: str, summary: str, **how: Unpack[How]) -> Callable[[F], F]:
        return self.route("PUT", path, summary, **how)

    def patch(self, path: str, summary: str, **how: Unpack[How]) -> Callable[[F], F]:
        return self.route("PATCH", path, summary, **how)

    def delete(self, path: str, summary: str, **how: Unpack[How]) -> Callable[[F], F]:
        return self.route("DELETE", path, summary, **how)

    def add_to(self, app: web.Application) -> None:
        """Serve the routes."""
        for route in self.routes:
            app.router.add_route(route.method, route.path, _served(route))


def reply(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A model as a JSON response."""
    body = model.model_dump_json(by_alias=True).encode()
    return web.Response(body=body, status=status, headers=headers, content_type=JSON)


def _answers(declared: Answers | None, given: Any, status: int) -> dict[int, tuple[type[BaseModel] | str, ...]]:
    if declared is not None:
        return {
            code: () if one is None else (one,) if isinstance(one, type | str) else tuple(one)
            for code, one in declared.items()
        }
    if isinstance(given, type) and issubclass(given, BaseModel):
        return {status: (given,)}
    return {204: ()}


def _body_of(hint: Any) -> tuple[type[BaseModel] | None, bool, bool]:
    """(model, may be missing, other bodies as bytes) of `Model`, `Model | None`, `bytes`, `Model | bytes`."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    models = [one for one in options if isinstance(one, type) and issubclass(one, BaseModel)]
    return (models[0] if models else None), hint is not None and type(None) in options, bytes in options


def _served(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        given: dict[str, Any] = {}
        for name, adapter in route.parts.items():
            given[name] = _checked(adapter, request.match_info[name], name)
        if route.query is not None:
            given["query"] = _query(route.query, dict(request.query))
        if route.body is not None or route.media:
            body = await _body(request, route)
            if route.body is not None or route.raw:
                given["body"] = body
        result = await route.handler(request, **given)
        if isinstance(result, web.StreamResponse):
            return result
        return web.Response(status=204) if result is None else reply(result, route.status)

    serve.public = route.public  # type: ignore[attr-defined]
    serve.__name__ = route.handler.__name__
    return serve


async def _body(request: web.Request, route: Route) -> BaseModel | bytes | None:
    if request.content_type in route.media or any(
        one.endswith("/*") and request.content_type.startswith(one[:-1]) for one in route.media
    ):
        return await read_body(request, route.limit) if route.raw else None
    if route.body is None:
        raise _unsupported(route.media)
    if route.body_optional and not request.body_exists:
        return None
    if request.content_type != JSON:
        raise _unsupported((JSON, *route.media))
    raw = await read_body(request, route.limit)
    if route.body_optional and not raw:
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise DeyeonsoError("bad_json", "the body is no JSON", "caller") from None
    if not isinstance(value, dict):
        raise DeyeonsoError("bad_json", "the body must be a JSON object", "caller")
    try:  # from the text: there a list may be a tuple, while 1 is no true and "1" no number
        return route.body.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise bad_request(error) from None


def _unsupported(takes: Sequence[str]) -> DeyeonsoError:
    return DeyeonsoError("unsupported_media_type", f"send {' or '.join(takes)}", "caller")


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body. Raises DeyeonsoError `body_too_large`, also for one sent in chunks, or `body_too_slow`."""
    parts: list[bytes] = []
    size = request.content_length or 0
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            if size <= limit:
                size = 0
                async for part in request.content.iter_any():
                    size += len(part)
                    if size > limit:
                        break
                    parts.append(part)
    except TimeoutError:
        raise DeyeonsoError("body_too_slow", f"the body took more than {SLOWEST_BODY:g} s", "caller") from None
    if size > limit:
        raise DeyeonsoError("body_too_large", f"at most {limit} bytes", "caller")
    return b"".join(parts)


def _query(model: type[BaseModel], value: Mapping[str, str]) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise bad_request(error, "query: ") from None


def _checked(adapter: TypeAdapter[Any], value: str, name: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise bad_request(error, f"{name}: ") from None


def bad_request(error: ValidationError, where: str = "") -> DeyeonsoError:
    """What is wrong, field by field: "message: Field required; persona_id: …"."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False)[:5]:
        name = ".".join(str(step) for step in fault["loc"])
        faults.append(f"{name}: {fault['msg']}" if name else fault["msg"])
    return DeyeonsoError("bad_request", where + "; ".join(faults), "caller")
