"""`/calls`: offers (JSON and WHIP), trickled candidates, hanging up, and how a call is doing.

It must not know audio; SDP is checked in signaling/sdp.py before a peer connection sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from aiohttp import web
from aiortc import RTCIceCandidate
from multidict import CIMultiDict
from pydantic import BaseModel, ConfigDict, Field

from media.clock import wall_time
from persona.companion import Companion
from signaling.api import Api, Body, reply
from signaling.call import Call
from signaling.coach import ANALYSES
from signaling.consents import allowed, check_call
from signaling.context import CONTEXT, Context, identity_of, lease_of, user_of
from signaling.ice import links
from signaling.keeper import Keeper
from signaling.keepsake import relationship_of
from signaling.lease import Lease
from signaling.sdp import MAX_CANDIDATES, Policy, check_offer, read_candidate, read_fragment
from storage import ChatSession, Memory, NotFound, Store
from storage.types import new_id, now

api = Api("calls", "통화 · Calls")
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


class Offer(Body):
    """An SDP offer: for a new call, or with `resume_token` for one whose connection was lost."""

    sdp: str
    type: Literal["offer"]
    persona_id: str | None = None
    session_id: str | None = Field(default=None, description="an earlier session of yours to go on with")
    resume_token: str | None = None


class CallAnswer(BaseModel):
    """The answer to an offer."""

    call_id: str
    session_id: str
    pc_id: str
    sdp: str
    type: Literal["answer"] = "answer"
    resume_token: str


class Candidate(BaseModel):
    """One ICE candidate as a browser gives it; an empty one ends them."""

    candidate: str = ""
    sdpMid: str | None = None
    sdpMLineIndex: int | None = Field(default=None, ge=0, le=255)


class Candidates(Body):
    """Candidates that were found after the offer."""

    candidates: list[Candidate] = Field(max_length=MAX_CANDIDATES)


class WhipQuery(BaseModel):
    """What a WHIP client may wish for."""

    persona_id: str | None = None


class CallReport(BaseModel):
    """How a call is doing, or how it went."""

    model_config = ConfigDict(extra="allow")

    call_id: str
    session_id: str
    persona_id: str
    state: Literal["connecting", "connected", "reconnecting", "ended"]
    reason: str | None = Field(description="why it ended")
    seconds: float
    turns: list[dict[str, Any]] = Field(description="each turn's delays, s")
    dropped: dict[str, int]
    network: dict[str, Any] | None


class IceServer(BaseModel):
    """One entry of a browser's `RTCConfiguration.iceServers`."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class IceServers(BaseModel):
    """Empty where none is configured: then only one's own addresses are tried."""

    iceServers: list[IceServer]


OFFER_ERRORS = (
    "bad_sdp",
    "no_audio",
    "sdp_too_large",
    "busy",
    "too_many_calls",
    "persona_unknown",
    "not_found",
    "call_unknown",
    "consent_needed",
)


async def begin_call(
    context: Context, lease: Lease, sdp: object, kind: object, persona_id: object = None, session_id: object = None
) -> tuple[Call, str, str]:
    """A new call for an offer: the call, the answer's SDP, and the token to resume it with."""
    offer, user_id = check_offer(sdp, kind, context.policy), lease.user_id
    may = await allowed(context.store, user_id, context.guests)
    check_call(may, context.abroad)
    context.calls.admit(user_id)
    persona = await context.cast.persona_of(user_id, None if persona_id is None else str(persona_id))
    if session_id is not None:
        session = await context.store.update(ChatSession, str(session_id), owner=user_id, updated_at=now())
    else:
        session = await context.store.add(
            ChatSession(
                user_id=user_id,
                session_name=f"{persona.name} 님과의 통화",
                persona_name=persona.name,
                persona_id=persona.id,
            )
        )
    call_id = new_id()
    memory = await _memory(context.store, user_id, persona.id)
    call = Call(
        call_id,
        lease,
        persona,
        context.engines,
        lambda timeline, clock: Keeper(context.store, session, call_id, timeline, clock.began_at),
        Companion(relationship_of(memory), seed=hash_of(call_id), at=wall_time().isoformat()),
        memory,
        context.limits,
        context.patience,
        [analysis for analysis in ANALYSES if analysis in may],
        context.vault,
        record="recording" in may,
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
        return await call.connect(offer, context.ice.servers(wall_time()))
    except BaseException:
        if fresh:
            call.hang_up("bad_offer")
        raise


def hash_of(call_id: str) -> int:
    """A seed from the random half of an id."""
    return int(call_id[-8:], 16)


@api.post(
    "/calls",
    "전화 걸기 · Place a call (JSON or WHIP), or resume one",
    status=201,
    answers={201: (CallAnswer, SDP)},
    media=[SDP],
    errors=OFFER_ERRORS,
)
async def create(request: web.Request, query: WhipQuery, body: Offer | bytes) -> web.Response:
    context, lease = request.app[CONTEXT], lease_of(request)
    if isinstance(body, bytes):
        offer = body.decode("utf-8", "replace")
        call, answer, _ = await begin_call(context, lease, offer, "offer", query.persona_id)
        headers = CIMultiDict({"Location": f"/calls/{call.id}", "ETag": f'"{call.id}"'})
        for link in links(context.ice.servers(wall_time())):
            headers.add("Link", link)
        return web.Response(status=201, body=answer.encode(), content_type=SDP, headers=headers)
    if body.resume_token is not None:
        offer = check_offer(body.sdp, body.type, context.policy)
        token = body.resume_token
        call = context.calls.resume(token, lease.user_id)
        call.lease.extend(identity_of(request))
        answer = await _connect(context, call, offer)
    else:
        call, answer, token = await begin_call(context, lease, body.sdp, body.type, body.persona_id, body.session_id)
    described = CallAnswer(call_id=call.id, session_id=call.session_id, pc_id=call.id, sdp=answer, resume_token=token)
    return reply(described, 201, {"Location": f"/calls/{call.id}"})


@api.get("/ice-servers", "ICE 서버 · STUN and TURN for a call", answers={200: IceServers})
async def ice_servers(request: web.Request) -> web.Response:
    """Ask anew for each call: the credentials of TURN are good for a little longer than the longest one."""
    found = [
        IceServer(urls=list(one.urls), username=one.username, credential=one.credential)
        for one in request.app[CONTEXT].ice.servers(wall_time())
    ]
    body = IceServers(iceServers=found).model_dump_json(exclude_none=True)
    return web.Response(text=body, content_type="application/json", headers={"Cache-Control": "no-store"})


@api.get("/calls/{id}", "통화 상태 · How a call is doing", errors=["call_unknown"])
async def describe(request: web.Request, id: str) -> CallReport:
    return CallReport.model_validate(await request.app[CONTEXT].calls.report(id, user_of(request)))


@api.patch(
    "/calls/{id}",
    "ICE 후보 보태기 · Trickle candidates (JSON or trickle-ice-sdpfrag)",
    media=[FRAGMENT],
    errors=["call_unknown", "bad_sdp"],
)
async def trickle(request: web.Request, id: str, body: Candidates | bytes) -> None:
    context = request.app[CONTEXT]
    call = context.calls.get(id, user_of(request))
    if isinstance(body, bytes):
        await call.add_candidates(list(read_fragment(body.decode("utf-8", "replace"), context.policy)))
    else:
        given = ((one.candidate, one.sdpMid, one.sdpMLineIndex) for one in body.candidates)
        await call.add_candidates(read_candidates(given, context.policy))


def read_candidates(
    given: Iterable[tuple[str, str | None, int | None]], policy: Policy
) -> list[RTCIceCandidate | None]:
    """Those of (candidate, mid, m-line index) that may be used; None where an empty one ends them."""
    found: list[RTCIceCandidate | None] = []
    for text, mid, index in given:
        candidate = read_candidate(text, mid, index, policy)
        if candidate is not None or not text:
            found.append(candidate)
    return found


@api.delete("/calls/{id}", "끊기 · Hang up", errors=["call_unknown"])
async def hang_up(request: web.Request, id: str) -> None:
    request.app[CONTEXT].calls.get(id, user_of(request)).hang_up("hung_up")
