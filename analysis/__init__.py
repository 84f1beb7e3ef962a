"""What was heard and seen: speech, tone, words, face, and the readings and scores made of them.

This package must not know personas, storage or sockets.
"""
