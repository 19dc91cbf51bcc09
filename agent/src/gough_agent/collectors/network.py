"""Every network interface but loopback, from psutil. Counters since boot; speed in megabits a second."""

import socket
from typing import Any

import psutil

from gough_agent.collector import Json, Sample, collector


@collector("network")
def collect() -> Sample:
    """{"interfaces": [...]}, by name."""
    counters, addresses = psutil.net_io_counters(pernic=True), psutil.net_if_addrs()
    return {
        "interfaces": [
            _interface(name, stats, counters.get(name), addresses.get(name, []))
            for name, stats in sorted(psutil.net_if_stats().items())
            if "loopback" not in stats.flags
        ]
    }


def _interface(name: str, stats: Any, counted: Any, addresses: list[Any]) -> Sample:
    macs = [address.address for address in addresses if address.family == psutil.AF_LINK]
    return {
        "name": name,
        "up": stats.isup,
        "speed_mbps": stats.speed or None,  # virtual interfaces and those without a link have none
        "mtu_bytes": stats.mtu,
        "mac": macs[0] if macs else None,
        "addresses": _addresses(addresses),
        "received_bytes": counted.bytes_recv if counted else 0,
        "sent_bytes": counted.bytes_sent if counted else 0,
        "received_packets": counted.packets_recv if counted else 0,
        "sent_packets": counted.packets_sent if counted else 0,
        "receive_errors": counted.errin if counted else 0,
        "send_errors": counted.errout if counted else 0,
        "receive_drops": counted.dropin if counted else 0,
        "send_drops": counted.dropout if counted else 0,
    }


def _addresses(addresses: list[Any]) -> list[Json]:
    wanted = (socket.AF_INET, socket.AF_INET6)
    return [address.address.partition("%")[0] for address in addresses if address.family in wanted]
