"""What to do about what MAAS refuses: a table over its status and its own words, looked at from the top."""

import re

_STATE = (
    "Look at the machine's status (`gough machine show NAME`): wait until what runs there has ended, or release, "
    "commission or abort it first."
)
_HINTS: tuple[tuple[int, str, str], ...] = (
    (400, r"current state of the node", _STATE),
    (400, r"must be configured to use a network", "Give one of the machine's interfaces a subnet and an IP mode in "
     "MAAS (or deploy with --link), then retry."),
    (400, r"distro_series|not a valid release", "Choose a release whose image the region has (MAAS: Images), or "
     "import it there first."),
    (400, r"architecture", "Import images for that architecture in MAAS (Images), or correct the architecture."),
    (400, r"hwe_kernel|not a valid kernel", "Choose a kernel that MAAS has for that release, or leave it out."),
    (400, r"storage_layout|disk|storage", "Check the machine's disks in MAAS (Storage); commission it anew if they "
     "have changed."),
    (400, r"_scripts?:|testing_scripts|commissioning_scripts", "Name scripts or tags that the region has (MAAS: "
     "Settings, Scripts)."),
    (400, r"No such tag|tags:", "Make the tag in MAAS first, or correct its name."),
    (400, r"No such constraint", "This region's MAAS knows no such filter; leave it out."),
    (400, r"already exists|already in use|already been added", "Choose another name or address, or use the one that "
     "is there."),
    (400, r"required", "Give the fields that MAAS names above."),
    (400, r"valid choice|not a valid|Invalid|Enter a valid", "Correct the value; MAAS names above what it takes, or "
     "its lists show it (pools, zones, tags, releases, scripts)."),
    (400, r"Unrecognised signature", "Check that MAAS_URL points at a MAAS 3.4 to 3.7 region: it does not know this "
     "operation."),
    (400, r"Unknown machine", "Gough learns of deletions by itself; look at the list again."),
    (400, r"conflicts with|overlap", "Choose addresses that no other range or subnet has."),
    (400, r"", "Correct what MAAS names above and send it again."),
    (401, r"", "Check the region's API key, and that this host's clock is right."),
    (403, r"", "The key's user may not do this, or the machine is locked or belongs to somebody else."),
    (404, r"No \w+ matches", "It was deleted in MAAS, or belongs to another region; Gough's lists are current within "
     "five minutes."),
    (404, r"", "Check that MAAS_URL points at a MAAS region, such as http://maas:5240/MAAS/, and what was named."),
    (405, r"", "Check that MAAS_URL points at a MAAS region, such as http://maas:5240/MAAS/."),
    (408, r"", "Gough tries again by itself; look at the region's load if it lasts."),
    (409, r"No available machine matches", "Somebody else was faster, or the machine is not Ready: see who owns it, "
     "release or commission it, then retry."),
    (409, r"hasn't been (allocated|acquired)", "Deploy the machine: MAAS does this only for one that somebody owns."),
    (409, r"already locked|not locked", "Nothing to do: it is in that state already."),
    (409, r"Can't lock", "Lock it once it is deployed."),
    (409, r"non-broken", "Only a machine that is Broken can be marked as fixed."),
    (409, r"", _STATE),
    (410, r"", "Check that MAAS_URL points at a MAAS region that speaks API 2.0."),
    (429, r"", "Gough tries again by itself; something before MAAS limits how often it may ask."),
    (502, r"", "A proxy before MAAS cannot reach it: check that the region controller runs."),
    (503, r"No rack controllers", "Check that a rack controller is connected (MAAS: Controllers) and reaches the BMC's "
     "network, and the machine's power settings."),
    (503, r"IP address|free address|No more IPs", "Free addresses in the subnet, or widen its ranges (MAAS: Subnets); "
     "Gough tries again."),
    (503, r"", "Gough tries again by itself; if it lasts, look at the region controller's load and log."),
    (504, r"TimeoutError|BMC|power", "Check the machine's BMC: its address, its cable, its user; a cold restart of "
     "the BMC often helps."),
    (504, r"", "Gough tries again by itself; the BMC or a rack controller did not answer MAAS in time."),
)  # fmt: skip


def hint_for(status: int, said: str) -> str:
    """Empty for a status that is not in the table: the error's own default says what to do then."""
    return next((hint for number, words, hint in _HINTS if number == status and re.search(words, said)), "")
