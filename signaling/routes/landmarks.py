"""`/ws/landmarks`: a face's live readings to their owner, and landmarks from a client that computes its own.

The language is signaling/landmarks.py's. It must not know how a face is read, and a call never waits for it: every
reader has its own pace in the call's feed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from media.clock import monotonic, wall_time
from media.errors import DeyeonsoError
from signaling import landmarks
from signaling.auth import GUEST, Identity, unauthorized
from signaling.context import CONTEXT, SIGN_IN, Context, admit
from signaling.faces import CallFace, Pictures, Stream
from signaling.gate import Gate
from signaling.landmarks import Hello, Landmarks, text
from signaling.tickets import REFUSED

routes = web.RouteTableDef()

OPEN: web.AppKey[set[web.WebSocketResponse]] = web.AppKey("landmark_sockets", set)
HELLO = 5.0  # s for the first message
HEARTBEAT = 20.0  # s between pings; half of it without an answer is the end
STUCK = 30.0  # s that one message may take to leave
IDLE = 60.0  # s without a picture after which a sender is let go
SCORES = 2.0  # s between two scores of a stream without a call
PER_SECOND, FLOOD = 60.0, 300.0  # messages: more are skipped; more than that end the connection
MISTAKES = 20  # bad messages in a row that end it
SEND_BUFFER = 64 * 1024  # bytes in the kernel: what waits there cannot be dropped any more

BAD, UNKNOWN, SILENT, TAKEN, TOO_FAST = 4400, 4404, 4408, 4409, 4429
_CODES = {
    "call_unknown": UNKNOWN, "stream_unknown": UNKNOWN, "hello_late": SILENT, "idle": SILENT, "replaced": TAKEN,
    "camera_on": TAKEN, "too_many_messages": TOO_FAST, "token_expired": REFUSED, "consent_needed": 4403,
    "not_allowed": 4403, "busy": WSCloseCode.TRY_AGAIN_LATER,
}  # fmt: skip

Face = CallFace | Stream


def add_to(app: web.Application) -> None:
    """The route, and a good-bye to its clients when the service stops."""
    app[OPEN] = set()
    app.add_routes(routes)

    async def say_goodbye(app: web.Application) -> None:
        async with asyncio.TaskGroup() as tasks:
            for ws in app[OPEN]:
                tasks.create_task(ws.close(code=WSCloseCode.GOING_AWAY, message=b"server_stopping"))

    app.on_shutdown.append(say_goodbye)


@routes.get("/ws/landmarks")
async def connect(request: web.Request) -> web.WebSocketResponse:
    """One connection's whole life."""
    ws = web.WebSocketResponse(
        heartbeat=HEARTBEAT, max_msg_size=landmarks.MAX_MESSAGE, compress=False, writer_limit=16 * 1024, timeout=2.0
    )
    await ws.prepare(request)
    transport = request.transport
    if transport is not None and (sock := transport.get_extra_info("socket")) is not None:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    sockets = request.app[OPEN]
    sockets.add(ws)
    try:
        required = request.app[SIGN_IN].required
        with suppress(DeyeonsoError):  # no ticket: it has been told
            identity = await admit(request, ws) if required else GUEST
            await _Connection(ws, request.app[CONTEXT], identity).live()
    finally:
        sockets.discard(ws)
        if transport is not None and not transport.is_closing():
            transport.abort()  # whoever reads nothing would keep what still waits
    return ws


@dataclass(slots=True)
class _Connection:
    ws: web.WebSocketResponse
    context: Context
    identity: Identity

    async def live(self) -> None:
        """Until either side is done; the close code says why."""
        try:
            hello = await self._hello()
            face = await self._face(hello)
        except DeyeonsoError as error:
            await self._refuse(error)
            return
        messages = face.messages
        with messages.reader(face.clock.now):
            seq = messages.next - 1 if hello.after is None else min(hello.after, messages.next - 1)
            async with asyncio.TaskGroup() as tasks:
                besides = [self._tell(face, hello, seq), self._expire()]
                if isinstance(face, Stream):
                    besides.append(self._score(face))
                telling = [tasks.create_task(self._forgiving(work)) for work in besides]
                try:
                    await self._listen(face, hello)
                except DeyeonsoError as error:
                    await self._refuse(error)
                finally:
                    for task in telling:
                        task.cancel()

    async def _hello(self) -> Hello:
        try:
            async with asyncio.timeout(HELLO):
                message = await self.ws.receive()
                if self.identity.user_id == GUEST.user_id and landmarks.is_ticket(message.data):
                    message = await self.ws.receive()  # a guest needs none, and may have one
        except TimeoutError:
            raise DeyeonsoError("hello_late", f"say hello within {HELLO:g} s", "caller") from None
        if message.type is not WSMsgType.TEXT:
            raise DeyeonsoError("bad_hello", "the first message is a hello, as text", "caller")
        return landmarks.read_hello(message.data)

    async def _face(self, hello: Hello) -> Face:
        """Whose face it is about. Raises DeyeonsoError for what is not theirs, or not agreed to."""
        user_id = self.identity.user_id
        if hello.call_id is not None:
            face = self.context.calls.get(hello.call_id, user_id).face
        elif hello.session_id is not None:
            face = self.context.calls.of_session(hello.session_id, user_id).face
        else:
            await self.context.require(user_id, "face_analysis")
            streams = self.context.streams
            return streams.begin(user_id) if hello.stream is None else streams.get(hello.stream, user_id)
        if hello.mode == "send":
            face.must_be_unseen()
        return face

    # -- to the client

    async def _tell(self, face: Face, hello: Hello, seq: int) -> None:
        """Everything after `seq`, at the client's pace, until the feed ends."""
        messages = face.messages
        stream = {"stream": face.id} if isinstance(face, Stream) else {"call_id": face.id}
        await self._send(
            text(
                "welcome",
                mode=hello.mode,
                **stream,
                t=round(face.clock.now(), 3),
                next=messages.next,
                missed=messages.missed(seq),
            )
        )
        seq += messages.missed(seq)
        while await messages.more_than(seq):
            entry, dropped = messages.following(seq)
            if dropped:
                await self._send(text("dropped", count=dropped))
            async with asyncio.timeout(STUCK):
                await self.ws.send_frame(entry.whole if hello.whole else entry.brief, WSMsgType.TEXT)
            seq = entry.seq
        await self._send(text("end", reason=messages.ended))
        await self.ws.close(code=WSCloseCode.OK, message=b"ended")

    async def _send(self, message: str) -> None:
        async with asyncio.timeout(STUCK):
            await self.ws.send_str(message)

    async def _score(self, stream: Stream) -> None:
        while True:
            await asyncio.sleep(SCORES)
            with suppress(DeyeonsoError):  # overloaded: the next ones will do
                await stream.score(self.context.engines.face_worker)

    async def _expire(self) -> None:
        """A socket lasts as long as its sign-in; who has a fresh one comes again, `after` what came."""
        if self.identity.expires is not None:
            await asyncio.sleep(max(0.0, (self.identity.expires - wall_time()).total_seconds()))
            await self._refuse(unauthorized("token_expired", "this sign-in has expired: come again with a fresh one"))

    async def _forgiving(self, work: Coroutine[Any, Any, None]) -> None:
        """A client that went away, or reads nothing, ends its own connection and nothing else."""
        try:
            await work
        except (ConnectionError, RuntimeError, TimeoutError):
            await self.ws.close(code=WSCloseCode.ABNORMAL_CLOSURE)

    async def _refuse(self, error: DeyeonsoError) -> None:
        with suppress(ConnectionError, RuntimeError):
            await self._send(_told(error))
            await self.ws.close(code=_CODES.get(error.code, BAD), message=error.code.encode())

    # -- from the client

    async def _listen(self, face: Face, hello: Hello) -> None:
        """Until the client leaves. Raises DeyeonsoError for what ends the connection."""
        if hello.mode == "watch":
            await self._receive(face, None, _only_watches)
            return
        assert hello.width is not None
        assert hello.height is not None
        size, pictures = (hello.width, hello.height), Pictures()
        face.sender = self  # the newest connection of a face is the one that counts

        def see(sent: Landmarks) -> None:
            if face.sender is not self:
                raise DeyeonsoError("replaced", "another connection sends this face now", "caller")
            reading = sent.reading(face.clock.now(), *size)
            t = pictures.place(sent.t, reading.t)
            if t is not None:
                face.see(replace(reading, t=t))

        await self._receive(face, IDLE, see)

    async def _receive(self, face: Face, patience: float | None, take: Callable[[Landmarks], None]) -> None:
        """Hand on the client's messages. Bad ones are answered; a flood, or a run of mistakes, ends the connection."""
        gate, dam = Gate(PER_SECOND), Gate(FLOOD)
        mistakes = skipped = 0
        while True:
            try:
                message = await self.ws.receive(timeout=patience)
            except TimeoutError:
                raise DeyeonsoError("idle", f"no picture for {patience:g} s", "caller") from None
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            now = monotonic()
            if not dam.admits(now):
                raise DeyeonsoError("too_many_messages", f"at most {PER_SECOND:g} messages a second", "caller")
            if not gate.admits(now):
                skipped += 1
                continue
            if skipped:
                await self._send(text("skipped", count=skipped))
                skipped = 0
            try:
                if message.type is WSMsgType.BINARY:
                    raise DeyeonsoError("bad_message", "messages are text", "caller")
                said = landmarks.read_message(message.data)
                if isinstance(said, Landmarks):
                    take(said)
                else:
                    await self._send(text("pong", t=round(face.clock.now(), 3)))
                mistakes = 0
            except DeyeonsoError as error:
                mistakes += 1
                if not error.code.startswith("bad_") or mistakes >= MISTAKES:
                    raise
                await self._send(_told(error))


def _told(error: DeyeonsoError) -> str:
    return text("error", error={"code": error.code, "message": error.message})


def _only_watches(sent: Landmarks) -> None:
    raise DeyeonsoError("bad_message", 'who watches sends no landmarks (say hello with "mode": "send")', "caller")
