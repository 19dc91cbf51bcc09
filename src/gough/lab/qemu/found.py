"""What a machine says it is made of, read into what the region keeps: `ephemeral/hardware` writes it."""

from gough.lab.maas import Hardware


def hardware(said: str) -> Hardware:
    """Of NAME=VALUE lines; what is not there, or no number, is unknown."""
    pairs = [line.partition("=") for line in said.splitlines() if "=" in line]
    texts = {name: value.strip() for name, _, value in pairs}
    disks = tuple(_number(value) for name, _, value in pairs if name == "disk_bytes")
    return Hardware(
        cpu_count=_number(texts.get("cpu_count", "")) or 1,
        memory_mib=_number(texts.get("memory_mib", "")),
        disk_bytes=disks,
        cpu_speed_mhz=_number(texts.get("cpu_mhz", "")),
        cpu_model=texts.get("cpu_model") or "Unknown",
        vendor=texts.get("vendor") or "Unknown",
        product=texts.get("product") or "Unknown",
        serial=texts.get("serial") or "Unknown",
        hardware_uuid=texts.get("hardware_uuid") or None,
        boot_method=texts.get("boot_method") or "bios",
    )


def _number(text: str) -> int:
    try:
        return int(float(text))
    except ValueError:
        return 0
