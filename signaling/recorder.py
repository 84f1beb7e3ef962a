"""One call's recording: only with consent, only while it holds, sealed before it reaches the disk, off the loop.

It must not know peers or HTTP, nor how sound and picture are muxed (media/recording.py) or kept (storage/vault.py).
Off by default. What is withdrawn stops at once: what was taken and not muxed yet is thrown away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from media.clock import Clock, within
from media.film import FilmFrame
from media.recording import Recording
from media.types import AudioChunk, Samples
from storage.sealed import SealedWriter
from storage.vault import Vault

log = structlog.get_logger()

EVERY = 0.5  # s between two writes: what a crash of the service costs, beside LAG
LAG = 0.5  # s after which all sound of a moment has come in
FIRST_PICTURE = 2.0  # s waited for a camera before a recording begins without one
MOST_FILM = 8 << 20  # bytes of pictures that may wait for a slow disk
MOST_SOUND = 1000  # chunks or frames of sound that may


class Recorder:
    """`run()` is its whole life, from `start()` to `end()`; `allow` turns it on and off in between."""

    def __init__(
        self,
        vault: Vault | None,
        clock: Clock,
        allowed: bool,
        tell: Callable[[str], None],
        *,
        session_id: str,
        call_id: str,
        user_id: str,
    ) -> None:
        """`tell` gets `recording_on`, `recording_off` or `recording_failed`. Without a vault nothing is recorded."""
        self._vault = vault
        self._clock = clock
        self._allowed = allowed
        self._tell = tell
        self._whose = {"session_id": session_id, "call_id": call_id, "user_id": user_id}
        self._started = self._ended = False
        self._changed = asyncio.Event()
        self.recording = False
        self.dropped = 0  # chunks, frames and pictures that a slow disk had no room for
        self._sound: list[AudioChunk] = []
        self._speech: list[tuple[float, Samples]] = []
        self._film: list[FilmFrame] = []
        self._film_bytes = 0

    # -- what the call tells it

    def start(self) -> None:
        """The call is connected."""
        self._started = True
        self._changed.set()

    def end(self) -> None:
        """The call is over: write what there is and close."""
        self._ended = True
        self._changed.set()

    def allow(self, granted: bool) -> None:
        """Begin or stop now."""
        if granted != self._allowed:
            self._allowed = granted
            self._changed.set()
            if not granted:
                self._throw_away()

    def hear(self, chunk: AudioChunk) -> None:
        """The person's sound."""
        if self._takes(len(self._sound)):
            self._sound.append(chunk)

    def spoke(self, t: float, samples: Samples) -> None:
        """Hers, as it goes out at call time `t` (s)."""
        if self._takes(len(self._speech)):
            self._speech.append((t, samples))

    def saw(self, frame: FilmFrame) -> bool:
        """The camera's; whether more is wanted."""
        if not self._takes(0) or self._film_bytes > MOST_FILM:
            return False
        if frame.data:
            self._film.append(frame)
            self._film_bytes += len(frame.data)
        return True

    # -- its life

    async def run(self) -> None:
        """Raises what a full disk or a store that is away raises; the call goes on without a recording."""
        if self._vault is None:
            return
        while not self._ended:
            if self._started and self._allowed:
                self.recording = True
                self._tell("recording_on")
                try:
                    await self._record(self._vault)
                except Exception:
                    self._tell("recording_failed")
                    raise
                finally:
                    self.recording = False
                    self._throw_away()
                if not self._allowed:
                    self._tell("recording_off")
            else:
                await self._until_changed(None)

    async def _record(self, vault: Vault) -> None:
        """One file: until the call ends, consent is withdrawn, or a camera appears where there was none."""
        begins, size = self._clock.now(), await self._first_picture()
        if not self._allowed:
            return
        media_type = "audio/webm" if size is None else "video/webm"
        kept, sink = await vault.begin(begins=begins, media_type=media_type, **self._whose)
        muxer: Recording | None = None
        try:
            muxer = await vault.worker.run(partial(Recording, sink, begins, size))
            while self._allowed and not self._ended and (size or not self._film):
                await self._until_changed(EVERY)
                if self._allowed:
                    settled = self._clock.now() - (0.0 if self._ended else LAG)
                    await vault.worker.run(partial(_write, muxer, sink, settled, *self._take()))
        finally:
            seconds = await vault.worker.run(partial(_close, muxer, sink))
            await vault.finish(kept, sink.size, round(seconds, 3))
            log.info("recorded", call=kept.call_id, seconds=round(seconds, 1), bytes=sink.size, dropped=self.dropped)

    async def _first_picture(self) -> tuple[int, int] | None:
        waited = 0.0
        while not self._film and waited < FIRST_PICTURE and self._allowed and not self._ended:
            await self._until_changed(0.1)
            waited += 0.1
        return next((frame.size for frame in self._film if frame.size), None)

    async def _until_changed(self, seconds: float | None) -> None:
        await within(seconds, self._changed.wait())
        self._changed.clear()

    def _takes(self, waiting: int) -> bool:
        if not (self._allowed and self.recording) or self._ended:
            return False
        if waiting >= MOST_SOUND:
            self.dropped += 1
            return False
        return True

    def _take(self) -> tuple[list[AudioChunk], list[tuple[float, Samples]], list[FilmFrame]]:
        taken = self._sound, self._speech, self._film
        self._throw_away()
        return taken

    def _throw_away(self) -> None:
        self._sound, self._speech, self._film, self._film_bytes = [], [], [], 0


def _write(
    muxer: Recording,
    sink: SealedWriter,
    upto: float,
    sound: list[AudioChunk],
    speech: list[tuple[float, Samples]],
    film: list[FilmFrame],
) -> None:
    for chunk in sound:
        muxer.hear(chunk)
    for t, samples in speech:
        muxer.speak(t, samples)
    muxer.write(upto, film)
    sink.flush()


def _close(muxer: Recording | None, sink: SealedWriter) -> float:
    """How long it plays, in seconds."""
    try:
        if muxer is None:
            return 0.0
        muxer.close()
        return muxer.seconds
    finally:
        sink.close()
