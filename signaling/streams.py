"""The registry of landmark streams without a call: whose they are, how many there may be, how long one waits to be
resumed.

It must not know sockets.
"""

from __future__ import annotations

from media.errors import DeyeonsoError
from signaling.faces import LONGEST, Stream

STREAMS = 16
OF_ONE = 4  # of one user's


class Streams:
    """A stream is its sender's alone; one whose sender left is kept for a while, and then forgotten."""

    def __init__(self, limit: int = STREAMS, of_one: int = OF_ONE) -> None:
        self._limit, self._of_one = limit, of_one
        self._streams: dict[str, Stream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def begin(self, user_id: str) -> Stream:
        """A new one; where there is no room, one that waits to be resumed makes it. Raises DeyeonsoError `busy`."""
        self._sweep()
        theirs = [stream for stream in self._streams.values() if stream.user_id == user_id]
        for crowd, limit in ((theirs, self._of_one), (list(self._streams.values()), self._limit)):
            if len(crowd) >= limit:
                left = next((stream for stream in crowd if not stream.messages.readers), None)
                if left is None:
                    raise DeyeonsoError("busy", "지금은 더 받을 수 없어요. 잠시 뒤에 다시 시도해 주세요.")
                self._streams.pop(left.id, None)
        stream = Stream(user_id)
        self._streams[stream.id] = stream
        return stream

    def get(self, stream_id: str, user_id: str) -> Stream:
        """One's own. Raises DeyeonsoError `stream_unknown`, also for somebody else's."""
        self._sweep()
        stream = self._streams.get(stream_id)
        if stream is None or stream.user_id != user_id:
            raise DeyeonsoError("stream_unknown", "there is no such stream", "caller")
        return stream

    def end_all_of(self, user_id: str, reason: str) -> None:
        """Nothing more of this person's is read, or kept."""
        for stream in [one for one in self._streams.values() if one.user_id == user_id]:
            stream.messages.end(reason)
            del self._streams[stream.id]

    def _sweep(self) -> None:
        for stream in list(self._streams.values()):
            now = stream.clock.now()
            if now > LONGEST:
                stream.messages.end("too_long")
            if not stream.messages.wanted(now):
                del self._streams[stream.id]
