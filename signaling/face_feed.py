"""One face's live feed: events in, the messages of `/ws/landmarks` out; nothing is made while nobody looks.

It must not know sockets nor keep a reading: what is published is forgotten after some seconds.
"""

from __future__ import annotations

from functools import partial

from analysis import blink
from analysis.events import ExpressionReading
from analysis.face_state import FaceState, face_scores
from analysis.live_face import LiveFace
from analysis.readings import Scores
from analysis.types import FaceReading
from media.clock import Clock, TrackClock
from media.errors import DeyeonsoError
from media.timeline import Event
from media.tracks.camera import JUMP_SECONDS, TICK, Thinning
from media.types import Span
from media.worker import Worker
from signaling import landmarks
from signaling.feed import Feed
from storage.types import new_id

LONGEST = 3600.0  # s that a stream of its own may last
RATE = 15.0  # pictures a second that are taken, as of a camera


class Pictures:
    """A sender's pictures: which of them to take, and when each was seen in the time of the face's clock."""

    def __init__(self) -> None:
        self._thinning = Thinning(RATE)
        self._clock = TrackClock()
        self._sent: float | None = None  # s of the sender's clock
        self._last = float("-inf")  # s

    def place(self, sent: float, arrival: float) -> float | None:
        """The moment of a picture of `sent` s that came at `arrival` s; None for one too many.

        Raises DeyeonsoError `bad_time` where the sender's clock stands still or runs backwards.
        """
        step = 0.0 if self._sent is None else sent - self._sent
        if self._sent is not None and step <= 0:
            raise DeyeonsoError("bad_time", '"t" must grow from picture to picture', "caller")
        if step > JUMP_SECONDS:
            self._clock = TrackClock()
        self._sent = sent
        t = self._clock.place(sent, arrival)
        if not self._thinning.take(sent, step):
            return None
        self._last = max(t, self._last + TICK)
        return self._last


class FaceFeed:
    """`state` is fed elsewhere with the same readings; it gives the baseline."""

    def __init__(self, state: FaceState, clock: Clock) -> None:
        self.messages = Feed()
        self.live = LiveFace(state)
        self._clock = clock

    def note(self, event: Event) -> None:
        """Take an event of the timeline; those that are no face's are passed over."""
        match event:
            case ExpressionReading():
                self.live.express(event)
            case FaceReading() if self.messages.wanted(self._clock.now()):
                shown = self.live.rule(event)
                if shown is not None:
                    self.live.express(shown)
                more = landmarks.of_landmarks(event)
                self.messages.publish(landmarks.of_moment(self.live.see(event)), more)

    def score(self, t: float, scores: Scores, blinks: int, calibrated: bool) -> None:
        """The running scores at `t` s."""
        if self.messages.wanted(self._clock.now()):
            self.messages.publish(landmarks.of_scores(t, scores, blinks, calibrated))


class Stream:
    """Landmarks that a client sends without a call: readings and scores as a call would have them.

    Nobody speaks, so all of its time counts as listening.
    """

    def __init__(self, user_id: str) -> None:
        self.id = new_id()
        self.user_id = user_id
        self.clock = Clock()
        self._state = FaceState()
        self.faces = FaceFeed(self._state, self.clock)
        self.sender: object | None = None  # the connection whose pictures are taken

    def see(self, reading: FaceReading) -> None:
        """Take a picture's reading; `t` grows."""
        self._state.add(reading)
        self.faces.note(reading)

    async def score(self, worker: Worker) -> None:
        """Publish the scores so far, worked out on `worker`."""
        track = self._state.track()
        if not len(track):
            return
        whole = Span(float(track.t[0]), float(track.t[-1]) + 1.0)
        scores = await worker.run(partial(face_scores, track, listening=[whole], speaking=[]))
        found = await worker.run(partial(blink.find, track.t, track.ear))
        baseline = self._state.baseline
        self.faces.score(self.clock.now(), scores, len(found.spans), baseline is not None and baseline.calibrated)
