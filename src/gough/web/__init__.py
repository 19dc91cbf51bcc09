"""The web layer: parse, call one use case, answer. No decision about machines or jobs is made here."""

from gough.web.wsgi import boot

__all__ = ["boot"]
