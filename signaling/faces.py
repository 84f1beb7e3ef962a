"""Faces live: events in, the messages of `/ws/landmarks` out, for a call's face and for one without a call.

It must not know sockets nor keep a reading: what is published is forgotten after some seconds, and nothing is made
while nobody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from analysis import blink
from analysis.events import ExpressionReading
from analysis.face_state import FACE_SCORES, FaceBaseline, FaceState, face_scores
from analysis.feedback import FeedbackReport
from analysis.live_face import LiveFace
from analysis.types import FaceReading
from media.channel import Channel
from media.clock import Clock, TrackClock
from media.errors import DeyeonsoError
from media.timeline import Event, Timeline
from media.tracks.camera import JUMP_SECONDS, TICK, Thinning
from media.types import Span
from media.worker import Worker
from signaling import landmarks
from signaling.coach import Coach
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


class CallFace:
    """A call's. `run` follows its timeline; `see` takes what a client's own landmarker found."""

    def __init__(
        self,
        call_id: str,
        timeline: Timeline,
        clock: Clock,
        coach: Coach,
        has_camera: Callable[[], bool],
    ) -> None:
        self.id = call_id
        self.clock = clock
        self.messages = Feed()
        self.sender: object | None = None  # the connection whose pictures are taken
        self._timeline = timeline
        self._has_camera = has_camera
        self._coach = coach
        self._live = LiveFace(lambda: coach.baseline)
        coach.scored = self._score

    async def run(self, events: Channel[Event]) -> None:
        async for event in events:
            match event:
                case ExpressionReading():
                    self._live.express(event)
                case FaceReading() if self.messages.wanted(self.clock.now()):
                    _publish(event, self._live, self.messages)

    def see(self, reading: FaceReading) -> None:
        """As if a camera had seen it. Raises DeyeonsoError `camera_on`."""
        self.must_be_unseen()
        shown = self._live.rule(reading)  # there is no picture that a model could look at
        if shown is not None:
            self._timeline.append(shown)
        self._timeline.append(reading)

    def must_be_unseen(self) -> None:
        """Raises DeyeonsoError `camera_on` where the call has its own camera, `not_allowed` where none may look."""
        if "face_analysis" not in self._coach.allowed:
            raise DeyeonsoError("not_allowed", "the person lets nobody analyse their face", "caller")
        if self._has_camera():
            raise DeyeonsoError("camera_on", "this call sends video: its own camera is read", "caller")

    def _score(self, report: FeedbackReport) -> None:
        """Publish the running scores of the face; below the report's gate they are null."""
        now = self.clock.now()
        if self.messages.wanted(now):
            scores = {name: report.scores[name] for name in FACE_SCORES}
            blinks = None if scores["blinking"].value is None else scores["blinking"].n
            own = self._coach.baseline
            calibrated = own is not None and own.calibrated
            self.messages.publish(landmarks.of_scores(now, scores, blinks, calibrated))


class Stream:
    """Landmarks that a client sends without a call: readings and scores as a call would have them.

    Nobody speaks, so all of its time counts as listening.
    """

    def __init__(self, user_id: str) -> None:
        self.id = new_id()
        self.user_id = user_id
        self.clock = Clock()
        self.messages = Feed()
        self.sender: object | None = None  # the connection whose pictures are taken
        self._state = FaceState()
        self._baseline: FaceBaseline | None = None
        self._live = LiveFace(lambda: self._baseline)

    def see(self, reading: FaceReading) -> None:
        """Take a picture's reading; `t` grows."""
        self._state.add(reading)
        _publish(reading, self._live, self.messages)

    async def score(self, worker: Worker) -> None:
        """Publish the scores so far, worked out on `worker`."""
        track = self._state.track()
        if not len(track):
            return
        self._baseline = self._state.baseline
        whole = Span(float(track.t[0]), float(track.t[-1]) + 1.0)
        scores = await worker.run(partial(face_scores, track, listening=[whole], speaking=[]))
        found = await worker.run(partial(blink.find, track.t, track.ear))
        self.messages.publish(landmarks.of_scores(self.clock.now(), scores, len(found.spans), False))


def _publish(reading: FaceReading, live: LiveFace, messages: Feed) -> None:
    shown = live.rule(reading)
    if shown is not None:
        live.express(shown)
    messages.publish(landmarks.of_moment(live.see(reading)), landmarks.of_landmarks(reading))
