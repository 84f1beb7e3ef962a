"""The embedded brain: holds a Korean conversation from the persona's own file, without any network.

It must not do I/O beyond reading its own data; `persona.adapters.offline` gives it a thread.
"""

from persona.brain.brain import load, reply

__all__ = ["load", "reply"]
