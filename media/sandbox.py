"""Strangers' files are decoded in a child process that may use only so much memory, processor and wall time.

It must not know where a file came from nor what its sound or picture is for. A decoder that is made to crash, to hang
or to fill the memory takes the child with it, never the calls.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray

from media.errors import DeyeonsoError
from media.types import Pixels, Wave
from media.worker import Worker

Kind = Literal["sound", "picture"]

HOUSE = Path(__file__).parents[1]
MEMORY = 1024 * 1024 * 1024  # bytes of address space; the decoders themselves take .2 (sound) and .4 (picture) of it
PROCESSOR = 20  # s
WALL = 30.0  # s
AT_ONCE = 2
WAITING = 8  # per worker; one more is told `overloaded`


class Sandbox:
    """Decodes files on disk; at most AT_ONCE at a time. A job costs some 150 ms to start the child.

    Raises what media.sound_file and media.picture_file raise, `decoding_failed` for a file that took too much or broke
    the decoder (the caller's to mend), and `overloaded`.
    """

    def __init__(self) -> None:
        self._workers = [Worker(f"decoding-{number}", backlog=WAITING) for number in range(AT_ONCE)]

    async def sound(self, path: Path, longest: float) -> Wave:
        """[N] float32 at 16 kHz of the sound file at `path`, at most `longest` seconds."""
        samples: Wave = await self._run("sound", path, longest)
        return samples

    async def picture(self, path: Path) -> Pixels:
        """H x W x 3 uint8 RGB of the picture at `path`, made smaller if it is large."""
        pixels: Pixels = await self._run("picture", path, 0.0)
        return pixels

    async def _run(self, kind: Kind, path: Path, longest: float) -> NDArray[Any]:
        worker = min(self._workers, key=lambda one: one.waiting)
        return await worker.run(lambda: decoded(kind, path, longest))

    def close(self) -> None:
        """End the workers; a child at work is killed by its own limits."""
        for worker in self._workers:
            worker.close()


def decoded(kind: Kind, path: Path, longest: float = 0.0, *, memory: int = MEMORY, wall: float = WALL) -> NDArray[Any]:
    """What the child made of the file at `path`. Blocking; see Sandbox."""
    command = [sys.executable, "-m", "media.sandbox", kind, str(path.resolve()), str(longest), str(memory)]
    # One thread each: a pool per library would be most of the address space. Nothing else of ours is handed down.
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1")
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH", "HOME") if name in os.environ}
    try:
        child = subprocess.run(
            command,
            cwd=HOUSE,
            env=kept | threads,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=wall,
        )
    except subprocess.TimeoutExpired:
        raise _failed(f"it took more than {wall:g} s") from None
    head, _, body = child.stdout.partition(b"\n")
    try:
        answer = orjson.loads(head)
    except orjson.JSONDecodeError:
        raise _failed(f"the decoder ended with {child.returncode}") from None
    if "error" in answer:
        raise DeyeonsoError(*answer["error"])
    return np.frombuffer(body, answer["dtype"]).reshape(answer["shape"])


def _failed(why: str) -> DeyeonsoError:
    return DeyeonsoError("decoding_failed", f"this file cannot be decoded: {why}", "caller")


def main(arguments: Sequence[str]) -> None:
    """The child: limits itself, decodes, and writes a line of JSON and the values to stdout."""
    import resource

    kind, path, longest, memory = arguments
    answer: dict[str, Any]
    values: NDArray[Any] = np.zeros(0, np.uint8)
    try:
        if kind == "sound":
            from media.sound_file import decode
        else:
            from media.picture_file import load_picture
        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has nothing to write to a disk
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
        values = decode(Path(path), float(longest)) if kind == "sound" else load_picture(Path(path))
        answer = {"shape": values.shape, "dtype": str(values.dtype)}
    except DeyeonsoError as error:
        answer = {"error": [error.code, error.message.replace(path, "the upload"), error.whose]}
    except MemoryError:
        answer = {"error": ["decoding_failed", "this file cannot be decoded: it needs too much memory", "caller"]}
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.write(np.ascontiguousarray(values).data)


if __name__ == "__main__":
    main(sys.argv[1:])
