"""What is said: persona files, prompt, dialogue, speech synthesis.

This package must not know negotiation, sockets or storage.
"""

from persona.catalog import Persona, PersonaManager

__all__ = ["Persona", "PersonaManager"]
