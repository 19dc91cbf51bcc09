"""Memory and swap, from psutil. Sizes in bytes."""

import psutil

from gough_agent.collector import Sample, collector


@collector("memory")
def collect() -> Sample:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        "memory_total_bytes": memory.total,
        "memory_available_bytes": memory.available,
        "memory_used_bytes": memory.used,
        "memory_used_percent": memory.percent,
        "swap_total_bytes": swap.total,
        "swap_used_bytes": swap.used,
    }
