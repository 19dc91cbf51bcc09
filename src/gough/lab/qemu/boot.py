"""What a machine is told to boot, as iPXE scripts: https://ipxe.org/scripting"""

from collections.abc import Mapping

from gough.lab.maas import BootTarget

HOST = "10.0.2.2"  # where QEMU's own network has whoever runs it
# Over TFTP, for every machine: the rest comes over HTTP, by who it is.
FIRST = """#!ipxe
echo Asking the region what to boot ...
chain {region}/boot.ipxe?mac=${{net0/mac}} || echo The region could not be asked.
"""
MEMORY = """#!ipxe
echo {programme}: loading a kernel ...
kernel {region}/{kernel} console=ttyS0 quiet mitigations=off gough.region={region} gough.mac={mac} gough.id={id} \
gough.programme={programme}
initrd {region}/initrd
boot || echo The kernel could not be loaded.
"""
FROM_DISK = """#!ipxe
echo Booting from disk ...
exit
"""
PROGRAMMES: Mapping[BootTarget, str] = {
    BootTarget.COMMISSIONING: "commission",
    BootTarget.TESTING: "test",
    BootTarget.ERASING: "erase",
    BootTarget.INSTALLER: "install",
    BootTarget.RESCUE: "rescue",
    BootTarget.EPHEMERAL: "off",  # no image of ours runs in memory
    BootTarget.POWER_OFF: "off",
}


def first(port: int) -> str:
    return FIRST.format(region=region_url(port))


def script(target: BootTarget, port: int, *, mac: str, system_id: str, kernel: str = "kernel") -> str:
    if target is BootTarget.LOCAL_DISK:
        return FROM_DISK
    return in_memory(PROGRAMMES[target], port, mac=mac, system_id=system_id, kernel=kernel)


def in_memory(programme: str, port: int, *, mac: str, system_id: str = "", kernel: str = "kernel") -> str:
    return MEMORY.format(region=region_url(port), programme=programme, mac=mac, id=system_id, kernel=kernel)


def region_url(port: int) -> str:
    return f"http://{HOST}:{port}"
