"""A call's sound and picture as WebM: stereo Opus (left the person, right the persona) and the camera's own VP8.

It must not know where the file lies, consents or calls. Everything here blocks: use it on a worker. One file plays in
every browser, and each voice can still be taken out of it for a replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av import AudioFrame, AudioResampler, Packet

from media.film import FilmFrame
from media.mixing import RATE, Mixer
from media.types import HEARING_RATE, AudioChunk, Samples

BIT_RATE = 64_000  # bit/s: two clear voices
FRAME = round(0.020 * RATE)  # samples an Opus frame
_MILLI = Fraction(1, 1000)
# A cluster a second, and no track waits longer for another: what a killed process loses of the film.
_OPTIONS = {"cluster_time_limit": "1000", "max_interleave_delta": "1000000", "flush_packets": "1"}


class Recording:
    """One file being written to `sink`, which must be seekable; with pictures if `size` (width, height) is given."""

    def __init__(self, sink: Any, begins: float, size: tuple[int, int] | None) -> None:
        """It begins at call time `begins` (s)."""
        self._begins = begins
        self._mixer = Mixer(begins)
        self._resampler: AudioResampler | None = None
        self._heard_to = 0.0  # call time at which the sound put so far ends
        self._file = av.open(sink, "w", format="webm", options=_OPTIONS)
        self._sound: Any = self._file.add_stream("libopus", rate=RATE, layout="stereo")
        self._sound.codec_context.bit_rate = BIT_RATE
        self._sound.codec_context.format = "s16"
        self._film: Any = None
        if size is not None:
            self._film = self._file.add_mux_stream("vp8", width=size[0], height=size[1], time_base=_MILLI)
        self._rest = np.empty((0, 2), np.int16)
        self._samples = 0  # encoded
        self._last_picture = -1  # ms
        self.pictures = 0

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return self._samples / RATE

    @property
    def late(self) -> int:
        """Samples that came too late to be placed."""
        return self._mixer.person.late + self._mixer.persona.late

    def hear(self, chunk: AudioChunk) -> None:
        """The person's sound."""
        if self._resampler is None or abs(chunk.start - self._heard_to) > 0.1:
            self._resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        self._heard_to = chunk.span.end
        pcm = (np.clip(chunk.samples, -1.0, 1.0) * 32767).astype(np.int16)
        frame = AudioFrame.from_ndarray(pcm[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = HEARING_RATE
        for part in self._resampler.resample(frame):
            self._mixer.person.put(chunk.start, part.to_ndarray()[0])

    def speak(self, t: float, samples: Samples) -> None:
        """Hers: [N] int16 at SPEECH_RATE that went out at call time `t` (s)."""
        self._mixer.persona.put(t, samples)

    def write(self, upto: float, film: Sequence[FilmFrame]) -> None:
        """Write what there is up to call time `upto` (s), and these pictures, in the order of time."""
        for frame in film if self._film is not None else ():
            self._write_picture(frame)
        self._rest = np.concatenate((self._rest, self._mixer.take(upto)))
        whole = len(self._rest) // FRAME * FRAME
        for start in range(0, whole, FRAME):
            self._write_sound(self._rest[start : start + FRAME])
        self._rest = self._rest[whole:]

    def close(self) -> None:
        """Write the rest and the index; `sink` stays open."""
        if len(self._rest):
            self._write_sound(np.pad(self._rest, ((0, FRAME - len(self._rest)), (0, 0))))
            self._rest = self._rest[:0]
        if self._samples:
            self._file.mux(self._sound.encode(None))
        self._file.close()

    def _write_sound(self, sound: Any) -> None:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = self._samples
        frame.time_base = Fraction(1, RATE)
        self._samples += len(sound)
        self._file.mux(self._sound.encode(frame))

    def _write_picture(self, frame: FilmFrame) -> None:
        at = round((frame.t - self._begins) * 1000)
        if at <= self._last_picture or not frame.data:
            return
        packet: Any = Packet(frame.data)
        packet.stream = self._film
        packet.time_base = _MILLI
        packet.pts = packet.dts = self._last_picture = at
        packet.is_keyframe = frame.whole
        self.pictures += 1
        self._file.mux(packet)


def mend(cut_off: Any, sink: Any) -> float:
    """Copy what a recording that was cut off holds to `sink`, with its length and an index; its seconds.

    Nothing is decoded. Raises av.FFmpegError for what is no recording at all.
    """
    lasts = 0.0
    with av.open(cut_off) as broken, av.open(sink, "w", format="webm", options=_OPTIONS) as whole:
        streams = {stream.index: whole.add_stream_from_template(stream) for stream in broken.streams}
        try:
            for packet in broken.demux():
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue
                lasts = max(lasts, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                packet.stream = streams[packet.stream.index]
                whole.mux(packet)
        except av.FFmpegError:  # torn in the middle of a block: it ends there
            pass
    return lasts
