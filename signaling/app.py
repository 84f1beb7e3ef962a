"""The aiohttp application: routes, middlewares, what they share.

It must not know audio or models; `run.py` hands in the calls' registry, the engines, the personas and the store.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from persona import PersonaManager
from persona.conversation import Patience
from signaling.audit import AUDIT, Audit, audit_reads
from signaling.auth import Auth
from signaling.bad_http import answer_in_shape
from signaling.call_limits import CallLimits
from signaling.calls import Calls
from signaling.cast import Cast
from signaling.chats import Chats
from signaling.context import CHECK, CONTEXT, SIGN_IN, TICKETS, Context, SignIn
from signaling.engines import Engines
from signaling.entry import entry
from signaling.erasure import ERASURE, Erasure, not_while_erased
from signaling.errors import errors_as_json
from signaling.headers import add_headers
from signaling.ice import Ice
from signaling.limits import Limits, by_address, by_person
from signaling.metrics import METRICS, METRICS_TOKEN, Metrics
from signaling.origins import Origins, turn_away
from signaling.proxies import client_address
from signaling.readers import Readers
from signaling.routes import auth as auth_routes
from signaling.routes import calls as calls_routes
from signaling.routes import (
    chat,
    documents,
    face,
    feedback,
    landmarks,
    memories,
    pages,
    pipecat,
    privacy,
    recordings,
    service,
    sessions,
    users,
    voice,
)
from signaling.routes import personas as personas_routes
from signaling.routes import uploads as uploads_routes
from signaling.sdp import Policy
from signaling.tickets import Tickets
from signaling.uploads import Uploads
from storage import Store
from storage.vault import Vault

MAX_BODY = 1024 * 1024  # bytes, for what is not an upload
APIS = (
    calls_routes.api,
    chat.api,
    sessions.api,
    feedback.api,
    recordings.api,
    personas_routes.api,
    memories.api,
    voice.api,
    face.api,
    uploads_routes.api,
    users.api,
    auth_routes.api,
    privacy.api,
    service.api,
    pipecat.api,
)  # in the order in which /docs shows them


def make_app(
    calls: Calls,
    engines: Engines,
    personas: PersonaManager,
    store: Store,
    *,
    web_folder: Path,
    policy: Policy,
    ice: Ice | None = None,
    limits: CallLimits | None = None,
    patience: Patience | None = None,
    auth: Auth | None = None,
    sign_in: SignIn | None = None,
    origins: Origins | None = None,
    allowances: Limits | None = None,
    address_of: Callable[[web.Request], str] | None = None,
    largest_upload: int = 33_554_432,
    metrics: Metrics | None = None,
    metrics_token: str = "",
    abroad: frozenset[str] = frozenset(),
    vault: Vault | None = None,
) -> web.Application:
    """The application, ready to be served. Without `auth` (entered already) everybody is the local guest;
    without `vault` nothing is recorded."""
    answer_in_shape()
    metrics = metrics or Metrics()
    origins, allowances = origins or Origins(), allowances or Limits()
    middlewares = [
        metrics.count_requests,
        errors_as_json,
        turn_away(origins),
        by_address(allowances, address_of or client_address()),
        entry(auth),
        audit_reads,
        by_person(allowances),
        not_while_erased,
    ]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY)
    app[TICKETS] = Tickets()
    if auth is not None:
        app[CHECK] = auth.identify
    app[SIGN_IN] = sign_in or SignIn(required=auth is not None)
    app[METRICS] = metrics
    app[AUDIT] = Audit()
    app[ERASURE] = Erasure()
    app[METRICS_TOKEN] = metrics_token
    patience = patience or Patience()
    cast = Cast(personas, store)
    uploads = Uploads(store, largest_upload)
    app[CONTEXT] = Context(
        calls=calls,
        engines=engines,
        cast=cast,
        store=store,
        chats=Chats(store, engines.model, cast, patience),
        uploads=uploads,
        readers=Readers(engines, uploads.sandbox),
        policy=policy,
        ice=ice or Ice(),
        limits=limits or CallLimits(),
        patience=patience,
        guests=auth is None,
        abroad=abroad,
        vault=vault,
    )
    app.on_cleanup.append(_close)
    app.on_response_prepare.append(add_headers(origins, app[SIGN_IN].supabase_url))
    for api in APIS:
        api.add_to(app)
    documents.add_to(app, APIS, web_folder)
    landmarks.add_to(app)
    pages.add_to(app, web_folder)
    return app


async def _close(app: web.Application) -> None:
    context = app[CONTEXT]
    for part in (context.chats, context.uploads, context.readers):
        part.close()
