"""Opus for the outgoing voice: 24 kHz mono speech in, 20 ms packets out, and the one packet that is silence.

It must not know pacing, RTP or what is said.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av import AudioFrame, CodecContext

from media.types import SPEECH_RATE, Samples

FRAME_SECONDS = 0.020
FRAME_SAMPLES = 480  # at SPEECH_RATE
RTP_RATE = 48_000  # Hz: the RTP clock of Opus whatever it carries (RFC 7587, section 4.1)
RTP_FRAME = 960  # RTP ticks per packet
LOOKAHEAD_SAMPLES = 156  # at SPEECH_RATE: the encoder's delay of 6.5 ms, what it still holds back after a frame
BIT_RATE = 32_000  # bit/s: transparent for one 24 kHz voice

# One 20 ms frame of CELT silence, mono (RFC 6716: TOC 31/mono/one frame, then "silence" flagged). It resets the
# decoder's speech state, so the next fresh encoder and the far decoder begin from the same state.
SILENCE = b"\xf8\xff\xfe"
# The same twice in one packet (code 1: two frames of equal size): 40 ms of silence for one packet's cost.
LONG_SILENCE = b"\xf9\xff\xfe\xff\xfe"


class SpeechEncoder:
    """One stretch of uninterrupted speech. After any silence use a new one: the far decoder has been reset too."""

    def __init__(self, bit_rate: int = BIT_RATE) -> None:
        codec = CodecContext.create("libopus", "w")
        codec.bit_rate = bit_rate
        codec.format = "s16"
        codec.layout = "mono"
        codec.sample_rate = SPEECH_RATE
        codec.time_base = Fraction(1, SPEECH_RATE)
        codec.options = {"application": "voip", "frame_duration": "20"}
        codec.open()  # left to the first encode() it takes 7 ms instead of 0.3 ms
        self._codec = codec
        self._position = 0

    def encode(self, samples: Samples) -> bytes:
        """One packet for exactly `FRAME_SAMPLES` int16 samples at SPEECH_RATE. Raises `av.FFmpegError`."""
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples)[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = SPEECH_RATE
        frame.pts = self._position
        frame.time_base = Fraction(1, SPEECH_RATE)
        self._position += len(samples)
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))
