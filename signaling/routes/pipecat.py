"""`/api/offer`: the same calls in the shape that Pipecat's SmallWebRTC client transport speaks.

It must not hold any logic of its own: names are translated, nothing else.
"""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import AliasChoices, BaseModel, Field

from media.clock import wall_time
from media.errors import DeyeonsoError
from signaling.api import Api
from signaling.context import CONTEXT, identity_of, lease_of, user_of
from signaling.routes.calls import OFFER_ERRORS, begin_call, read_candidates
from signaling.sdp import MAX_CANDIDATES, check_offer

api = Api("pipecat", "Pipecat 클라이언트 킷 · For Pipecat's client kits")


class Wishes(BaseModel):
    """What a client asks for beside the connection."""

    persona_id: str | None = None
    session_id: str | None = None


class KitOffer(BaseModel):
    """An offer as the kit sends it; fields of its later releases are passed over."""

    sdp: str
    type: Literal["offer"]
    pc_id: str | None = None
    restart_pc: bool | None = None
    request_data: Wishes | None = Field(default=None, validation_alias=AliasChoices("request_data", "requestData"))


class KitAnswer(BaseModel):
    """The answer as the kit expects it."""

    sdp: str
    type: Literal["answer"] = "answer"
    pc_id: str
    session_id: str


class KitCandidate(BaseModel):
    """One candidate with the kit's names."""

    candidate: str = ""
    sdp_mid: str | None = None
    sdp_mline_index: int | None = Field(default=None, ge=0, le=255)


class KitCandidates(BaseModel):
    """Candidates found after the offer."""

    pc_id: str
    candidates: list[KitCandidate] = Field(max_length=MAX_CANDIDATES)


class Done(BaseModel):
    status: Literal["success"] = "success"


@api.post("/api/offer", "전화 걸기 · Place a call, or renew its connection", errors=OFFER_ERRORS)
async def offer(request: web.Request, body: KitOffer) -> KitAnswer:
    context, lease = request.app[CONTEXT], lease_of(request)
    call = None
    if body.pc_id is not None:
        # The kit reconnects (also after a lost network) with a new offer for the same pc_id.
        try:
            call = context.calls.get(body.pc_id, lease.user_id)
        except DeyeonsoError:
            pass
        else:
            checked = check_offer(body.sdp, body.type, context.policy)
            call.lease.extend(identity_of(request))
            answer = await call.connect(checked, context.ice.servers(wall_time()))
    if call is None:
        wishes = body.request_data or Wishes()
        call, answer, _ = await begin_call(context, lease, body.sdp, body.type, wishes.persona_id, wishes.session_id)
    return KitAnswer(sdp=answer, pc_id=call.id, session_id=call.session_id)


@api.patch("/api/offer", "ICE 후보 보태기 · Trickle candidates", errors=["call_unknown", "bad_sdp"])
async def trickle(request: web.Request, body: KitCandidates) -> Done:
    context = request.app[CONTEXT]
    call = context.calls.get(body.pc_id, user_of(request))
    given = ((one.candidate, one.sdp_mid, one.sdp_mline_index) for one in body.candidates)
    await call.add_candidates(read_candidates(given, context.policy))
    return Done()
