"""Machines for the lab that are machines: QEMU's, with disks, cables, consoles and BMCs of their own.

`image/` builds what they boot, `provisioner` serves it as a region's rack controller does, `chassis` is the hardware.
Of Gough these machines know what a real server knows: what the network gives them.
"""
