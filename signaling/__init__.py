"""Who is connected and for how long: HTTP, SDP and ICE, the registry of calls, and what a call tells its browser.

This package must not know engines: `run.py` chooses the adapters and hands them in.
"""
