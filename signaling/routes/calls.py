"""`/calls`: offers (JSON and WHIP), trickled candidates, hanging up, and how a call is doing.

It must not know audio; SDP is checked in signaling/sdp.py before a peer connection sees it.
"""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web
from aiortc import RTCIceCandidate

from media.clock import wall_time
from media.errors import DeyeonsoError
from persona.companion import Companion
from signaling.call import Call
from signaling.context import CONTEXT, Context, user_of
from signaling.keeper import Keeper
from signaling.keepsake import relationship_of
from signaling.sdp import MAX_BYTES, check_offer, read_candidate, read_fragment
from storage import ChatSession, Memory, NotFound, Store
from storage.types import new_id

routes = web.RouteTableDef()
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


async def read_json(request: web.Request, longest: int = 2 * MAX_BYTES) -> dict[str, Any]:
    """The body as a JSON object. Raises DeyeonsoError `bad_json` | `body_too_large`."""
    body = await request.content.read(longest + 1)
    while len(body) <= longest and not request.content.at_eof():
        more = await request.content.read(longest + 1 - len(body))
        if not more:
            break
        body += more
    if len(body) > longest:
        raise DeyeonsoError("body_too_large", f"at most {longest} bytes", "caller")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise DeyeonsoError("bad_json", "the body is no JSON", "caller") from None
    if not isinstance(value, dict):
        raise DeyeonsoError("bad_json", "the body must be a JSON object", "caller")
    return value


async def begin_call(
    context: Context, user_id: str, sdp: object, kind: object, persona_id: object = None, session_id: object = None
) -> tuple[Call, str, str]:
    """A new call for an offer: the call, the answer's SDP, and the token to resume it with."""
    offer = check_offer(sdp, kind, context.policy)
    context.calls.admit()
    persona = (
        context.personas.get_active_persona() if persona_id is None else context.personas.get_persona(str(persona_id))
    )
    if session_id is not None:
        session = await context.store.get(ChatSession, str(session_id), owner=user_id)
    else:
        session = await context.store.add(
            ChatSession(
                user_id=user_id,
                session_name=f"{persona.name}님과의 통화",
                persona_name=persona.name,
                persona_id=persona.id,
            )
        )
    call_id = new_id()
    memory = await _memory(context.store, user_id, persona.id)
    call = Call(
        call_id,
        user_id,
        persona,
        context.engines,
        lambda timeline, clock: Keeper(context.store, session, call_id, timeline, clock.began_at),
        Companion(relationship_of(memory), seed=hash_of(call_id), at=wall_time().isoformat()),
        memory,
        context.limits,
        context.patience,
    )
    token = context.calls.begin(call)
    return call, await _connect(context, call, offer, fresh=True), token


async def _memory(store: Store, user_id: str, persona_id: str) -> Memory | None:
    try:
        return await store.get(Memory, f"{user_id}.{persona_id}", owner=user_id)
    except NotFound:
        return None


async def _connect(context: Context, call: Call, offer: str, fresh: bool = False) -> str:
    try:
        return await call.connect(offer, list(context.ice_servers))
    except BaseException:
        if fresh:
            call.hang_up("bad_offer")
        raise


def hash_of(call_id: str) -> int:
    """A seed from the random half of an id."""
    return int(call_id[-8:], 16)


@routes.post("/calls")
async def create(request: web.Request) -> web.Response:
    context, user_id = request.app[CONTEXT], user_of(request)
    if request.content_type == SDP:
        body = await request.content.read(MAX_BYTES + 1)
        offer = body.decode("utf-8", "replace")
        call, answer, _ = await begin_call(context, user_id, offer, "offer", request.query.get("persona_id"))
        return web.Response(
            status=201,
            body=answer.encode(),
            content_type=SDP,
            headers={"Location": f"/calls/{call.id}", "ETag": f'"{call.id}"'},
        )
    if request.content_type != "application/json":
        raise DeyeonsoError("unsupported_media_type", f"send application/json or {SDP}", "caller")
    body_json = await read_json(request)
    if "resume_token" in body_json:
        offer = check_offer(body_json.get("sdp"), body_json.get("type"), context.policy)
        token = str(body_json["resume_token"])
        call = context.calls.resume(token, user_id)
        answer = await _connect(context, call, offer)
    else:
        call, answer, token = await begin_call(
            context,
            user_id,
            body_json.get("sdp"),
            body_json.get("type"),
            body_json.get("persona_id"),
            body_json.get("session_id"),
        )
    described = {
        "call_id": call.id,
        "session_id": call.session_id,
        "pc_id": call.id,
        "sdp": answer,
        "type": "answer",
        "resume_token": token,
    }
    return web.json_response(described, status=201, headers={"Location": f"/calls/{call.id}"})


@routes.get("/calls/{id}")
async def describe(request: web.Request) -> web.Response:
    return web.json_response(await request.app[CONTEXT].calls.report(request.match_info["id"], user_of(request)))


@routes.patch("/calls/{id}")
async def trickle(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    call = context.calls.get(request.match_info["id"], user_of(request))
    if request.content_type == FRAGMENT:
        body = (await request.content.read(MAX_BYTES + 1)).decode("utf-8", "replace")
        await call.add_candidates(list(read_fragment(body, context.policy)))
    else:
        await call.add_candidates(read_candidates(await read_json(request), context, "sdpMid", "sdpMLineIndex"))
    return web.Response(status=204)


def read_candidates(body: dict[str, Any], context: Context, mid: str, index: str) -> list[RTCIceCandidate | None]:
    """The candidates of a JSON body `{"candidates": [{"candidate", mid, index}]}`."""
    given = body.get("candidates")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise DeyeonsoError("bad_candidates", '"candidates" must be a list of objects', "caller")
    if len(given) > 32:
        raise DeyeonsoError("bad_candidates", "at most 32 candidates at once", "caller")
    found: list[RTCIceCandidate | None] = []
    for one in given:
        candidate = read_candidate(one.get("candidate"), one.get(mid), one.get(index), context.policy)
        if candidate is not None or not one.get("candidate"):
            found.append(candidate)
    return found


@routes.delete("/calls/{id}")
async def hang_up(request: web.Request) -> web.Response:
    request.app[CONTEXT].calls.get(request.match_info["id"], user_of(request)).hang_up("hung_up")
    return web.Response(status=204)
