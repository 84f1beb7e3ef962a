"""`/users/me`: who one is here.

It must not know how somebody signed in (signaling/auth.py), nor what else is kept of them.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from signaling.api import Api, Body
from signaling.context import CONTEXT, user_of
from storage import User
from storage.types import now

api = Api("users", "나 · The person who asks")


class Profile(BaseModel):
    """The person's own entry."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    email: str | None
    name: str
    created_at: dt.datetime
    updated_at: dt.datetime


class ProfileChange(Body):
    """What of it a person may change; only what is sent. The e-mail address belongs to the sign-in."""

    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None


@api.get("/users/me", "내 정보 · Who I am here")
async def me(request: web.Request) -> Profile:
    user_id = user_of(request)
    return Profile.model_validate(await request.app[CONTEXT].store.get(User, user_id, owner=user_id))


@api.patch("/users/me", "이름 바꾸기 · Change my name")
async def change(request: web.Request, body: ProfileChange) -> Profile:
    store, user_id = request.app[CONTEXT].store, user_of(request)
    fields = body.model_dump(exclude_none=True)
    if not fields:
        return await me(request)
    return Profile.model_validate(await store.update(User, user_id, owner=user_id, **fields, updated_at=now()))
