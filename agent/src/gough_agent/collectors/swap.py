"""Swap, from psutil. Sizes in bytes; what was swapped in and out counts since boot."""

import psutil

from gough_agent.collector import Sample, collector


@collector("swap")
def collect() -> Sample:
    swap = psutil.swap_memory()
    return {
        "total_bytes": swap.total,
        "used_bytes": swap.used,
        "used_percent": swap.percent,
        "swapped_in_bytes": swap.sin,
        "swapped_out_bytes": swap.sout,
    }
