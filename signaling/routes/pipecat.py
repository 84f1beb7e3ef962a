"""`/api/offer`: the same calls in the shape that Pipecat's SmallWebRTC client transport speaks.

It must not hold any logic of its own: names are translated, nothing else.
"""

from __future__ import annotations

from aiohttp import web

from media.errors import DeyeonsoError
from signaling.context import CONTEXT, user_of
from signaling.routes.calls import begin_call, read_candidates, read_json
from signaling.sdp import check_offer

routes = web.RouteTableDef()


@routes.post("/api/offer")
async def offer(request: web.Request) -> web.Response:
    context, user_id = request.app[CONTEXT], user_of(request)
    body = await read_json(request)
    wishes = body.get("request_data") or body.get("requestData")
    wishes = wishes if isinstance(wishes, dict) else {}
    known = body.get("pc_id")
    if known is not None:
        # The kit reconnects (also after a lost network) with a new offer for the same pc_id.
        try:
            call = context.calls.get(str(known), user_id)
        except DeyeonsoError:
            known = None
        else:
            checked = check_offer(body.get("sdp"), body.get("type"), context.policy)
            answer = await call.connect(checked, list(context.ice_servers))
    if known is None:
        call, answer, _ = await begin_call(
            context, user_id, body.get("sdp"), body.get("type"), wishes.get("persona_id"), wishes.get("session_id")
        )
    return web.json_response({"sdp": answer, "type": "answer", "pc_id": call.id, "session_id": call.session_id})


@routes.patch("/api/offer")
async def trickle(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    body = await read_json(request)
    call = context.calls.get(str(body.get("pc_id")), user_of(request))
    await call.add_candidates(read_candidates(body, context, "sdp_mid", "sdp_mline_index"))
    return web.json_response({"status": "success"})
