"""What is said: persona files, prompt, dialogue, speech synthesis.

This package must not know negotiation, sockets or storage.
"""
