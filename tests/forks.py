"""Processes to be killed with -9, forked from one that has loaded all they need: each starts in a moment.

It must not know what they do. That one process shares no thread and no loop with the tests.
"""

from __future__ import annotations

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.storage.writer", "tests.signaling.small_server", "tests.signaling.warm"])
