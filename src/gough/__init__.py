"""Gough takes a bare server from power-on to in service and keeps it there."""

__version__ = "0.1.0"
