"""Voices whose truth is known: glottal pulses through formants, hums, noise. It must not know metrics."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from media.types import HEARING_RATE, Wave

VOWELS = {
    "a": (750, 1250, 2600),
    "i": (300, 2300, 3000),
    "u": (350, 850, 2400),
    "e": (500, 1850, 2500),
    "o": (480, 950, 2500),
}  # Hz


def melody(seconds: float, spread: float = 2.02, seed: int = 1) -> np.ndarray:
    """Semitones at every sample: slow waves whose robust spread is `spread` exactly."""
    t = np.arange(round(seconds * HEARING_RATE)) / HEARING_RATE
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, 3)
    wave = sum(np.sin(2 * np.pi * f * t + p) / f**0.3 for f, p in zip((0.4, 0.9, 1.7), phases, strict=True))
    low, middle, high = np.percentile(wave, [10, 50, 90])
    return (wave - middle) * spread / ((high - low) / 2.563)


def voice(seconds: float, hz: float, semitones: np.ndarray | None = None, syllables_per_second: float = 4.0) -> Wave:
    """Vowels of a human throat at `hz` times 2^(semitones/12), in syllables that rise and fall."""
    n = round(seconds * HEARING_RATE)
    f0 = hz * 2 ** ((np.zeros(n) if semitones is None else semitones[:n]) / 12)
    phase = np.cumsum(f0) / HEARING_RATE
    # Rosenberg's glottal flow: open for .6 of the period; its derivative is what leaves the throat.
    cycle = phase % 1.0
    flow = np.where(cycle < 0.4, 0.5 * (1 - np.cos(np.pi * cycle / 0.4)),
                    np.where(cycle < 0.6, np.cos(np.pi * (cycle - 0.4) / 0.4), 0.0))  # fmt: skip
    source = np.diff(flow, prepend=0.0)
    t = np.arange(n) / HEARING_RATE
    out = np.zeros(n)
    each = HEARING_RATE / syllables_per_second
    for number, start in enumerate(np.arange(0, n, each)):
        piece = slice(int(start), min(n, int(start + each) + 400))
        vowel = formants(source[piece], list(VOWELS.values())[number % 5])
        out[piece] += vowel / (np.sqrt(np.mean(vowel**2)) + 1e-9) * fade(len(out[piece]), 400)
    syllable = 0.25 + 0.75 * np.abs(np.sin(np.pi * syllables_per_second * t)) ** 0.7
    out = out * syllable
    return (0.1 * out / np.sqrt(np.mean(out**2))).astype(np.float32)


def formants(source: np.ndarray, centres: tuple[int, ...], width: float = 90.0) -> np.ndarray:
    """The source through resonances, in the spectrum (2nd-order resonators in cascade)."""
    size = len(source) + 2048
    spectrum = np.fft.rfft(source, size)
    s = 2j * np.pi * np.fft.rfftfreq(size, 1 / HEARING_RATE)
    for centre in centres:
        w, b = 2 * np.pi * centre, 2 * np.pi * width
        spectrum = spectrum * (w**2 / (s**2 + b * s + w**2))
    return np.fft.irfft(spectrum, size)[: len(source)]


def fade(n: int, edge: int) -> np.ndarray:
    """1 with raised-cosine edges."""
    edge = min(edge, n // 2)
    gain = np.ones(n)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / max(1, edge))
    gain[:edge], gain[n - edge :] = ramp, ramp[::-1]
    return gain


def hum(seconds: float, hz: float = 120.0) -> Wave:
    """A mains hum with its harmonics."""
    t = np.arange(round(seconds * HEARING_RATE)) / HEARING_RATE
    return (sum(0.1 / k * np.sin(2 * np.pi * hz * k * t) for k in (1, 2, 3, 4))).astype(np.float32)


def pink(seconds: float, rms: float = 0.05, seed: int = 3) -> Wave:
    """Pink noise."""
    n = round(seconds * HEARING_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    wave = np.fft.irfft(spectrum, n)
    return (rms * wave / np.sqrt(np.mean(wave**2))).astype(np.float32)


def noisy(wave: Wave, snr: float, seed: int = 5) -> Wave:
    """`wave` in white noise, `snr` dB below it."""
    power = np.mean(wave.astype(np.float64) ** 2)
    noise = np.random.default_rng(seed).standard_normal(len(wave)) * np.sqrt(power / 10 ** (snr / 10))
    return (wave + noise).astype(np.float32)


def through_opus(wave: Wave, bit_rate: int = 32_000) -> Wave:
    """`wave` after an Opus call: 48 kHz mono, 20 ms packets, and back to 16 kHz; the codec's delay taken out."""
    up = np.zeros(3 * len(wave), np.float32)
    up[:] = np.fft.irfft(np.pad(np.fft.rfft(wave), (0, len(wave))), 3 * len(wave))[: len(up)] * 3
    encoder = av.CodecContext.create("libopus", "w")
    encoder.bit_rate, encoder.format, encoder.layout, encoder.sample_rate = bit_rate, "flt", "mono", 48_000
    encoder.time_base = Fraction(1, 48_000)
    decoder = av.CodecContext.create("opus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "mono"
    packets = []
    for start in range(0, len(up) - 959, 960):
        frame = av.AudioFrame.from_ndarray(up[None, start : start + 960].copy(), format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    pieces = [frame.to_ndarray().reshape(-1) for packet in packets for frame in decoder.decode(packet)]
    down = np.concatenate(pieces).astype(np.float32)
    down = down[312 : 312 + len(up)]  # the encoder's look-ahead of 6.5 ms
    n = len(down) // 3
    spectrum = np.fft.rfft(down[: 3 * n])
    return (np.fft.irfft(spectrum[: n // 2 + 1], n) / 3).astype(np.float32)


def faster(wave: Wave, factor: float) -> Wave:
    """Played `factor` times as fast: length ÷ factor, pitch × factor."""
    n = round(len(wave) / factor)
    spectrum = np.fft.rfft(wave)
    kept = np.zeros(n // 2 + 1, complex)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return (np.fft.irfft(kept, n) * n / len(wave)).astype(np.float32)
