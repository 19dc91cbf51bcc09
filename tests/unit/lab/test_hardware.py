"""Machines of QEMU's, as far as they can be looked at without one that runs."""

import json
from pathlib import Path

import pytest

from gough.domain.errors import Invalid, Unavailable
from gough.lab.faults import FAULTS, parse
from gough.lab.maas import BootTarget, Hardware, Region
from gough.lab.qemu import boot, faults, image, seed
from gough.lab.qemu.faults import PHYSICAL, Deed, When
from gough.lab.qemu.found import hardware

# What `ephemeral/hardware` printed on a machine of QEMU 7.2.
SAID = """\
cpu_count=2
cpu_model=Intel Core i7 9xx (Nehalem Class Core i7)
cpu_mhz=2699.998
memory_mib=1024
disk_bytes=4294967296
vendor=Lab
product=Virtual server
serial=LAB00001
hardware_uuid=7b7f2c3e-5d60-4c0f-9c1f-0a3a1f3b8e11
boot_method=bios
"""
MAC = "52:54:00:6c:00:01"


def test_what_a_machine_says_of_itself_is_what_the_region_keeps() -> None:
    assert hardware(SAID) == Hardware(
        cpu_count=2, memory_mib=1024, disk_bytes=(4294967296,), cpu_speed_mhz=2699,
        cpu_model="Intel Core i7 9xx (Nehalem Class Core i7)", vendor="Lab", product="Virtual server",
        serial="LAB00001", hardware_uuid="7b7f2c3e-5d60-4c0f-9c1f-0a3a1f3b8e11", boot_method="bios",
    )  # fmt: skip


def test_a_machine_without_a_disk_has_none() -> None:
    assert hardware("cpu_count=2\nmemory_mib=1024\ncpu_mhz=\n").disk_bytes == ()


@pytest.mark.parametrize("target", BootTarget)
def test_every_machine_is_told_something_to_boot(target: BootTarget) -> None:
    said = boot.script(target, 8080, mac=MAC, system_id="abc123")
    assert said.startswith("#!ipxe\n")
    assert ("gough.programme=" in said) is (target is not BootTarget.LOCAL_DISK)
    programmes = (Path(boot.__file__).parent / "ephemeral/programmes").read_text()
    assert target is BootTarget.LOCAL_DISK or f"\nprogramme_{boot.PROGRAMMES[target]}() {{" in programmes


def test_physical_faults_are_faults_of_the_lab_and_others_are_refused() -> None:
    assert set(PHYSICAL) <= {fault.name for fault in FAULTS}
    faults.check([parse(name, 2) for name in PHYSICAL])
    with pytest.raises(Invalid, match="cannot befall real machines"):
        faults.check([parse("redis-down", 2)])


def test_a_fault_befalls_its_machine_at_its_moment() -> None:
    injections = [parse("no-network-boot:2", 3)]
    assert faults.deed(injections, 2, When.DEPLOYED_TO) is Deed.PULL_CABLE
    assert faults.deed(injections, 1, When.DEPLOYED_TO) is None
    assert faults.deed(injections, 2, When.HAS_USER_DATA) is None


def test_an_installed_system_gets_the_regions_own_data_beside_the_users() -> None:
    class Switches:
        def on(self, system_id: str) -> None: ...

        def off(self, system_id: str) -> None: ...

    region = Region(power=Switches(), pace=0)
    system_id = region.enlist(hostname="node-01", mac_addresses=[MAC])
    found = seed.metadata(region, system_id)
    assert found["meta-data/local-hostname"] == b"node-01"
    assert json.loads(found["meta-data/vendor-data"]) == {"cloud-init": region.vendor_data(system_id).decode()}
    assert f"metadata_url: http://10.0.2.2:8080/MAAS/metadata/by-id/{system_id}/".encode() in seed.configuration(
        boot.region_url(8080), system_id
    )
    region.close()


def test_without_an_image_it_is_said_how_to_build_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOUGH_LAB_CACHE", str(tmp_path))
    with pytest.raises(Unavailable, match="make lab-image"):
        image.load()
