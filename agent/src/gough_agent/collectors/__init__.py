"""Importing this package registers every collector."""

from gough_agent.collectors import cpu, disk, load, memory, network, os_release

__all__ = ["cpu", "disk", "load", "memory", "network", "os_release"]
