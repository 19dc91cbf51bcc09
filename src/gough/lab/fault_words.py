"""What real systems leave behind when they fail, line by line: the faults' evidence.

MAAS 3.4 `provisioningserver/drivers/power/ipmi.py`; MAAS's testing script smartctl-validate; curtin 23.1
`commands/install.py`, `commands/block_meta.py`; GNU tar; apt 2.7; cloud-init 25.1 `cmd/main.py` (result.json holds
the text of (module, exception)).
"""

BMC_SILENT = "Connection timed out to the BMC; check its address and that it has power."
BMC_PASSWORD = "Incorrect password. Check BMC configuration and try again."  # noqa: S105 - MAAS's words, no password
NO_ADDRESS = "IP address checks failed after 2 retries. The addresses are in use by other machines."
NO_IMAGE = "{\"distro_series\": [\"'ubuntu/noble' is not a valid distro_series.  It should be one of: ''.\"]}"

LSHW = """\
lshw: error while loading shared libraries: libsqlite3.so.0: cannot open shared object file: Input/output error
"""
SMART = """\
INFO: Verifying SMART support for the following drive: /dev/sda
INFO: Running command: sudo -n smartctl --xall /dev/sda

FAILURE: SMART tests have FAILED for: /dev/sda
The test exited with return code 24! See the smarctl manpage for information on the return code meaning.

Device Model:     ST4000NM0035-1V4107
Serial Number:    ZC1ABCDE
SMART overall-health self-assessment test result: FAILED!
Drive failure expected in less than 24 hours. SAVE ALL DATA.
  5 Reallocated_Sector_Ct   PO--CK   001   001   010    NOW  4088
197 Current_Pending_Sector  -O--C-   001   001   000    -    65528
"""


def curtin(stage: str, command: str, complaint: str) -> str:
    """The end of curtin's log: what its command printed, and what `curtin install` makes of that."""
    return (
        f"finish: {stage}: FAIL: curtin command {command}\n"
        f"{complaint}\n"
        "curtin: Installation failed with exception: Unexpected error while running command.\n"
        f"Command: ['curtin', '{command}']\n"
        "Exit code: 3\nReason: -\nStdout: ''\nStderr: ''\n"
    )


NO_DISK = curtin(
    "cmd-install/stage-partitioning/builtin/cmd-block-meta",
    "block-meta",
    "no disk with serial 'LAB-DISK-0' found\n"
    "ValueError: Failed to find storage volume id='sda' config: {'grub_device': True, 'id': 'sda', 'model': "
    "'Virtual disk', 'name': 'sda', 'ptable': 'gpt', 'serial': 'LAB-DISK-0', 'type': 'disk', 'wipe': 'superblock'}",
)
DISK_FULL = curtin(
    "cmd-install/stage-extract/builtin/cmd-extract",
    "extract",
    "tar: ./usr/lib/modules/6.8.0-31-generic/kernel/drivers/net: Cannot mkdir: No space left on device\n"
    "tar: Exiting with failure status due to previous errors\n"
    "OSError: [Errno 28] No space left on device",
)
DAMAGED = curtin(
    "cmd-install/stage-extract/builtin/cmd-extract",
    "extract",
    "/*stdin*\\ : Decoding error (36) : Data corruption detected",
)
NO_MIRROR = curtin(
    "cmd-install/stage-curthooks/builtin/cmd-curthooks",
    "curthooks",
    "Err:1 http://archive.ubuntu.com/ubuntu noble InRelease\n"
    "  Could not connect to archive.ubuntu.com:80 (185.125.190.36), connection timed out\n"
    "E: Failed to fetch http://archive.ubuntu.com/ubuntu/dists/noble/InRelease  Unable to connect\n"
    "E: Some index files failed to download. They have been ignored, or old ones used instead.",
)
GRUB = curtin(
    "cmd-install/stage-curthooks/builtin/cmd-install-grub",
    "install-grub",
    "Installing for x86_64-efi platform.\n"
    "Could not prepare Boot variable: No space left on device\n"
    "grub-install: error: efibootmgr failed to register the boot entry: Input/output error.",
)
LATE_COMMAND = curtin(
    "cmd-install/stage-late/10_custom/cmd-in-target", "in-target", "/bin/sh: 1: /root/harden.sh: not found"
)

ADD_REPOSITORY = (
    "ProcessExecutionError(\"Unexpected error while running command.\\nCommand: ['add-apt-repository', '--no-update', "
    "'ppa:lab/tools']\\nExit code: 1\\nReason: -\\nStdout: \\nStderr: {}\")"
)
NO_NAMES = ADD_REPOSITORY.format("socket.gaierror: [Errno -3] Temporary failure in name resolution")
NO_KEY = ADD_REPOSITORY.format("Cannot add PPA: 'This PPA does not support noble'")
NO_SPACE = "OSError(28, 'No space left on device')"
NO_PACKAGES = (
    "PackageInstallerError(\"Failed to install the following packages: {'docker.io'}. "
    'See associated package manager logs for more details")'
)
NO_MOUNT = (
    "RuntimeError('Failed to mount /dev/disk/by-label/data on /srv: special device /dev/disk/by-label/data does not "
    "exist')"
)
NO_SCRIPT = "RuntimeError('Runparts: 1 failures ({}) in {} attempted commands')"
