"""Developers' tools that are run by make."""
