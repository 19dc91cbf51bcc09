"""MAAS's event types, as far as Gough tells them apart. Source: MAAS 3.4 `provisioningserver/events.py`."""

# They tell how far a machine is, and change nothing else about it: reading it again would cost the region 40 ms for
# nothing, for every line of a thousand installers. Every change of status has an event of its own.
PROGRESS = frozenset(
    {
        "Performing PXE boot", "PXE Request", "TFTP Request", "HTTP Request", "Loading ephemeral",
        "Gathering information", "Configuring storage", "Installing OS", "Configuring OS", "Rebooting",
        "Image Deployed", "Running test", "Script", "Script result", "Node commissioning", "Node installation",
        "Node post-installation", "Node status event",
    }
)  # fmt: skip
# At these levels MAAS shows an event as the machine's message.
SHOWN = frozenset({"INFO", "WARNING", "ERROR", "CRITICAL"})
