"""The service's life: its socket, its store, its engines and calls, from the start to a clean stop.

It must not know any adapter: `run.py` hands in how the engines are chosen.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from media.clock import monotonic
from media.errors import DeyeonsoError
from persona import PersonaManager
from persona.catalog import FOLDER
from signaling.app import make_app
from signaling.auth import Auth
from signaling.calls import Calls
from signaling.config import Config, is_loopback
from signaling.consents import sent_abroad
from signaling.context import SignIn
from signaling.engines import Engines
from signaling.ice import Ice
from signaling.logs import log_to_files
from signaling.metrics import Metrics
from signaling.origins import Origins, local
from signaling.proxies import client_address
from signaling.retention import sweep_for_ever
from signaling.sdp import Policy
from signaling.starting import Starting
from storage import Store, StoreUnavailable, open_store
from storage.vault import Vault, master_key

WEB = Path(__file__).parents[1] / "web"
IDLE = 30.0  # s a connection may take for a request's headers, or wait for the next request
log = structlog.get_logger()


def refuse_strangers(config: Config, guests_welcome: bool) -> None:
    """Without an identity provider everybody is the same guest: then only this machine may connect."""
    if _has_sign_in(config) or guests_welcome or is_loopback(config.host):
        return
    raise DeyeonsoError(
        "no_identity",
        f"HOST={config.host} would let anybody in: no sign-in is configured (SUPABASE_URL or JWT_SECRET_KEY). "
        "Use HOST=127.0.0.1, or say that you mean it: python run.py serve --open",
        "caller",
    )


def _has_sign_in(config: Config) -> bool:
    return bool(config.supabase_url or config.jwt_secret_key)


def origins_of(config: Config) -> Origins:
    """Which pages may use the service. Without a sign-in, on this machine only, its names matter too."""
    if _has_sign_in(config) or not is_loopback(config.host):
        return Origins(frozenset(config.origins))
    return local(config.origins)


def _auth(config: Config) -> Auth | None:
    """The identity provider, or None: then whoever reaches the service is the same guest, and the start says so."""
    if _has_sign_in(config):
        return Auth(config.supabase_url, config.jwt_secret_key)
    log.warning("no_sign_in", everybody="guest", where=config.host)
    where = "이 컴퓨터에서" if is_loopback(config.host) else "이 주소에 닿을 수 있으면"
    sys.stderr.write(f"\n  로그인 없이 열려 있어요: {where} 누구나 같은 손님(guest)이고 같은 기록을 봐요.\n")
    return None


async def serve(config: Config, choose_engines: Callable[[Config], Awaitable[Engines]]) -> int:
    """Serve until SIGINT or SIGTERM; the exit status."""
    began = monotonic()
    listener = _bind(config)  # first: a port in use is known before the models are loaded
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        stack.enter_context(_files_of_log(config))
        personas = PersonaManager(FOLDER, config.data_dir / "personas")
        personas.get_active_persona()
        async with Starting(listener):
            store = await stack.enter_async_context(open_configured(config))
            engines = await choose_engines(config)
            stack.push_async_callback(engines.close)
        gc.collect()
        gc.freeze()  # half a million objects of loaded models need not be looked through during calls
        metrics = Metrics()
        # Left in this order: first nobody is let in any more, then calls end, then what runs beside them.
        await stack.enter_async_context(running(sweep_for_ever(store, metrics.swept), metrics.watch_the_loop()))
        auth = await stack.enter_async_context(_auth(config) or nullcontext())
        vault = stack.enter_context(closing(_vault(config, store)))
        own = config.max_calls_per_user if auth is not None else None
        calls = await stack.enter_async_context(Calls(config.max_calls, witness=metrics, per_user=own))
        app = make_app(
            calls,
            engines,
            personas,
            store,
            web_folder=WEB,
            policy=Policy(loopback=is_loopback(config.host), private=config.private_peers),
            ice=Ice(config.stun_url, config.turn_url, config.turn_secret, config.turn_username, config.turn_credential),
            auth=auth,
            origins=origins_of(config),
            address_of=client_address(config.trusted_proxies),
            sign_in=SignIn(auth is not None, config.supabase_url or None, config.supabase_anon_key or None),
            largest_upload=config.max_upload_bytes,
            metrics=metrics,
            abroad=sent_abroad(engines.names, config.openai_base_url),
            vault=vault,
            metrics_token=config.metrics_token,
        )
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=5.0, keepalive_timeout=IDLE, auto_decompress=False
        )
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        port = int(listener.getsockname()[1])
        seconds = round(monotonic() - began, 1)
        log.info("ready", url=f"http://{config.host}:{port}", seconds=seconds, store=store.name, **engines.names)
        sys.stderr.write(f"\n  데연소가 준비됐어요 → http://{config.host}:{port}\n\n")
        await stop.wait()
        log.info("stopping", calls=len(calls))
    log.info("stopped")
    return 0


def _vault(config: Config, store: Store) -> Vault:
    key, given = master_key(config.master_key, config.data_dir)
    if not given:
        log.warning("master_key_beside_data", where=str(config.data_dir / "master.key"))
    return Vault(store, key)


@contextmanager
def _files_of_log(config: Config) -> Iterator[None]:
    try:
        files = ExitStack()
        files.enter_context(log_to_files(config.data_dir / "logs"))
    except OSError as error:
        message = f"DATA_DIR={config.data_dir}: nothing can be stored there: {error.strerror}"
        raise DeyeonsoError("data_dir_unusable", message, "caller") from None
    with files:
        yield


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let these run as long as one is inside."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def open_configured(config: Config) -> AsyncIterator[Store]:
    """The store that the settings ask for. Another one only where STORE_FALLBACK says so, and then it is said."""
    days = {
        "media": config.keep_media_days,
        "transcripts": config.keep_transcripts_days,
        "audit": config.keep_audit_days,
    }
    how: dict[str, Any] = {
        "media": config.data_dir / "media",
        "keep": {name: dt.timedelta(days=count) for name, count in days.items()},
    }
    if not config.mongodb_uri:
        store = await open_store(config.data_dir, **how)
    else:
        try:
            store = await open_store(
                config.mongodb_uri, database=config.database_name, driver=config.mongodb_driver, **how
            )
        except StoreUnavailable as error:
            if config.store_fallback is None:
                hint = "Start it, or leave MONGODB_URI empty (or set STORE_FALLBACK=embedded) for the embedded store."
                raise StoreUnavailable(f"{error.message}. {hint}", error.code) from error
            log.warning("store_fallback", asked="mongodb", taken="embedded", why=error.message)
            store = await open_store(config.data_dir, **how)
    try:
        yield store
    finally:
        await store.close()


def _bind(config: Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"port {config.port} on {config.host} is in use; choose another: PORT={config.port + 1} make run"
            raise DeyeonsoError("port_in_use", message, "caller") from None
        raise DeyeonsoError("cannot_listen", f"{config.host}:{config.port}: {error}", "caller") from None
    return listener
