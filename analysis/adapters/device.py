"""Where a model runs: what DEVICE asks for, set against what the model's own runtime finds on this machine.

It must not know which model it is for. `chosen` decides and asks nothing itself; a runtime is imported only when it is
asked, because torch takes seconds and is an extra.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Literal, cast, get_args

from media.errors import DeyeonsoError

Wanted = Literal["auto", "cpu", "cuda"]
Device = Literal["cpu", "cuda"]
Runtime = Literal["CTranslate2", "torch", "onnxruntime"]


def chosen(wanted: Wanted, runtime: Runtime, finds: Callable[[], bool] | None = None) -> Device:
    """The device of a model that `runtime` runs; `finds` answers whether that runtime can use a CUDA device here.

    Raises `bad_config` where CUDA was asked for by name and is not there. onnxruntime alone then stays on the CPU:
    its wheel for CUDA is another one, and the networks that it runs are small.
    """
    if wanted == "cpu":
        return "cpu"
    there = (finds or PROBES[runtime])()
    if wanted == "cuda" and not there and runtime != "onnxruntime":
        raise DeyeonsoError("bad_config", f"DEVICE=cuda, but {runtime} finds no CUDA device here", "caller")
    return "cuda" if there else "cpu"


def wanted_here() -> Wanted:
    """What DEVICE says, for a program that uses the analysis as a library. Raises `bad_config`."""
    said = os.environ.get("DEVICE", "") or "auto"
    if said not in get_args(Wanted):
        raise DeyeonsoError("bad_config", f"DEVICE must be auto, cpu or cuda, not {said!r}", "caller")
    return cast(Wanted, said)


def providers(device: Device) -> list[str]:
    """onnxruntime's execution providers; the CPU alone unless asked: it warns about every one that it does not have."""
    return ["CUDAExecutionProvider", "CPUExecutionProvider"] if device == "cuda" else ["CPUExecutionProvider"]


def _ctranslate2() -> bool:
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count()) > 0


def _torch() -> bool:
    try:
        import torch
    except ImportError:
        return False  # loading the model says what is missing
    return bool(torch.cuda.is_available())


def _onnxruntime() -> bool:
    """Its providers are those that it was built with: whether there is a device, CTranslate2 knows."""
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers() and _ctranslate2()


PROBES: Mapping[Runtime, Callable[[], bool]] = {
    "CTranslate2": _ctranslate2, "torch": _torch, "onnxruntime": _onnxruntime,
}  # fmt: skip
