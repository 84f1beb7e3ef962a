"""Time, frames, bounded channels, workers, tracks: everything that moves bytes and nothing that understands them.

This package must not know what speech means, who is talking, or that a persona exists.
"""
