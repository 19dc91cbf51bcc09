"""Importing this package registers every collector."""

from gough_agent.collectors import cloud_init, cpu, disk, load, memory, network, os_release

__all__ = ["cloud_init", "cpu", "disk", "load", "memory", "network", "os_release"]
