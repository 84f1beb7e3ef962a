"""What is said: persona files, prompt, dialogue, speech synthesis.

This package must not know negotiation, sockets or storage.
"""

from persona.catalog import PersonaManager
from persona.schema import Persona

__all__ = ["Persona", "PersonaManager"]
