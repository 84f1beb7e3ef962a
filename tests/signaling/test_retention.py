"""signaling/retention.py: what has had its time goes by itself, and a sweep that fails is tried again."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from signaling.retention import sweep_for_ever
from storage import ChatMessage, NotFound, Store, StoreUnavailable, open_store
from storage.types import now


async def test_the_expired_goes_while_the_service_runs_even_after_a_failed_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(tmp_path) as store:
        line = ChatMessage(session_id="s", user_id="me", content="안녕", role="user")
        gone = await store.add(line.model_copy(update={"id": "1", "expires_at": now() - dt.timedelta(seconds=1)}))
        stays = await store.add(line.model_copy(update={"id": "2", "expires_at": now() + dt.timedelta(days=1)}))
        sweep, failures, told = Store.sweep, [StoreUnavailable("away"), RuntimeError("a bug")], []

        async def failing_at_first(self: Store, at: dt.datetime) -> dict[str, int]:
            if failures:
                raise failures.pop()
            return await sweep(self, at)

        monkeypatch.setattr(Store, "sweep", failing_at_first)
        sweeping = asyncio.ensure_future(sweep_for_ever(store, told.append, every=0.01))
        async with asyncio.timeout(5):
            while not told:
                await asyncio.sleep(0.01)
        sweeping.cancel()
        assert told == [{"chat_messages": 1}]
        with pytest.raises(NotFound):
            await store.get(ChatMessage, gone.id, owner="me")
        assert await store.get(ChatMessage, stays.id, owner="me") == stays
