"""`/users/me`: who one is here.

It must not know how somebody signed in (signaling/auth.py), nor what else is kept of them.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from signaling.api import INK, Api, Body
from signaling.context import CONTEXT, identity_of, user_of
from storage import NotFound, User
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

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=INK)] | None = None


@api.get("/users/me", "내 정보 · Who I am here")
async def me(request: web.Request) -> Profile:
    identity, store = identity_of(request), request.app[CONTEXT].store
    try:
        return Profile.model_validate(await store.get(User, identity.user_id, owner=identity.user_id))
    except NotFound:  # erased a moment ago, and still here
        user = User(id=identity.user_id, email=identity.email, name=identity.name)
        return Profile.model_validate(await store.put(user))


@api.patch("/users/me", "이름 바꾸기 · Change my name")
async def change(request: web.Request, body: ProfileChange) -> Profile:
    store, user_id = request.app[CONTEXT].store, user_of(request)
    fields = body.model_dump(exclude_none=True)
    known = await me(request)
    if not fields:
        return known
    return Profile.model_validate(await store.update(User, user_id, owner=user_id, **fields, updated_at=now()))
