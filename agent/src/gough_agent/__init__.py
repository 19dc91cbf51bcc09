"""The agent: one small process on every server that Gough manages."""

__version__ = "0.1.0"
