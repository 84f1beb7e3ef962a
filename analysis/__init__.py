"""What was heard and seen: speech, tone, words, face, and the readings and scores made of them.

This package must not know personas, storage or sockets.
"""

from analysis.face_image import ExpressionAnalyzer
from analysis.library import analyze_voice_file, preload_models
from analysis.voice_file import VoiceReport

__all__ = ["ExpressionAnalyzer", "VoiceReport", "analyze_voice_file", "preload_models"]
