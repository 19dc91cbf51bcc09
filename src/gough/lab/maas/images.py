"""The region's images and where they come from. Starts with one synced set, its bootloader included."""

from dataclasses import dataclass, field

TITLES = {"focal": "20.04", "jammy": "22.04", "noble": "24.04"}  # release: the version its kernels are named after
SYNCED = {"focal": ("amd64",), "jammy": ("amd64",), "noble": ("amd64", "arm64")}
VERSION = "20260101"
STREAM = "http://images.maas.io/ephemeral-v3/stable/"
KEYRING = "/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg"
FILES = {"boot-kernel": "boot-kernel", "boot-initrd": "boot-initrd", "squashfs": "squashfs"}


@dataclass(slots=True)
class BootResource:
    """`architecture` is like `amd64/ga-24.04`; a bootloader's is `amd64/generic` and it has no title."""

    id: int
    name: str
    architecture: str
    title: str = ""
    subarches: str = ""


@dataclass(slots=True)
class Selection:
    id: int
    boot_source_id: int
    os: str
    release: str
    arches: list[str]
    subarches: list[str] = field(default_factory=lambda: ["*"])
    labels: list[str] = field(default_factory=lambda: ["*"])


@dataclass(slots=True)
class BootSource:
    """`offers` is what its stream has: releases, with their architectures. `created` and `updated` are ISO dates."""

    id: int
    url: str
    keyring_filename: str
    created: str
    updated: str
    keyring_data: str = ""
    offers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    selections: dict[int, Selection] = field(default_factory=dict)


def first_resources() -> dict[int, BootResource]:
    found = [BootResource(1, "grub-efi-signed/uefi", "amd64/generic")]
    for release, architectures in SYNCED.items():
        version = TITLES[release]
        every = ",".join(f"{kind}-{known}" for kind in ("ga", "hwe") for known in TITLES.values() if known <= version)
        for architecture in architectures:
            for kernel in (f"ga-{version}", f"hwe-{version}"):
                title, name = f"Ubuntu {version} LTS", f"ubuntu/{release}"
                found.append(BootResource(len(found) + 1, name, f"{architecture}/{kernel}", title, f"generic,{every}"))
    return {resource.id: resource for resource in found}


def first_sources() -> dict[int, BootSource]:
    began = "2026-01-01T08:00:00.000"
    selections = {
        number: Selection(number, 1, "ubuntu", release, list(architectures))
        for number, (release, architectures) in enumerate(SYNCED.items(), start=1)
    }
    offers: dict[str, tuple[str, ...]] = dict.fromkeys(TITLES, ("amd64", "arm64", "ppc64el"))
    return {1: BootSource(1, STREAM, KEYRING, began, began, offers=offers, selections=selections)}
