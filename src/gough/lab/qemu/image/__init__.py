"""What the machines boot: a kernel, a small system in memory, and the image that is written to their disks.

Built from Debian's packages by `make lab-image`, once, into a cache.
"""

from gough.lab.qemu.image.cache import Images, load

__all__ = ["Images", "load"]
