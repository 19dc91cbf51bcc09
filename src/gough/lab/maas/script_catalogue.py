"""The scripts a region comes with, their tags, and which of them run when people choose some.

`metadataserver/models/scriptset.py` and `maasserver/forms/ephemeral.py` of MAAS 3.4; names and tags as recorded.
"""

from collections.abc import Collection, Mapping

from gough.lab.maas.forms import Form
from gough.lab.maas.scripts import COMMISSIONING, INSTALL_LOG, INSTALLATION, TESTING

Tags = frozenset[str]
CATALOGUE: Mapping[str, Mapping[str, Tags]] = {
    COMMISSIONING: {
        "20-maas-01-install-lldpd": frozenset({"node"}),
        "20-maas-02-dhcp-unconfigured-ifaces": frozenset({"node"}),
        "20-maas-03-machine-resources": frozenset({"deploy-info", "node"}),
        "30-maas-01-bmc-config": frozenset({"bmc-config", "node"}),
        "40-maas-01-machine-config-hints": frozenset({"node"}),
        "maas-lshw": frozenset({"deploy-info", "node"}),
        "maas-capture-lldpd": frozenset({"node"}),
    },
    INSTALLATION: {INSTALL_LOG: frozenset()},
    TESTING: {
        "7z": frozenset({"cpu"}),
        "badblocks": frozenset({"storage"}),
        "badblocks-destructive": frozenset({"destructive", "storage"}),
        "fio": frozenset({"destructive", "storage"}),
        "gateway-connectivity": frozenset({"network-validation", "network"}),
        "internet-connectivity": frozenset({"internet", "network-validation", "network"}),
        "memtester": frozenset({"memory"}),
        "ntp": frozenset({"network", "ntp"}),
        "rack-controller-connectivity": frozenset({"network-validation", "network"}),
        "smartctl-conveyance": frozenset({"storage"}),
        "smartctl-long": frozenset({"storage"}),
        "smartctl-short": frozenset({"storage"}),
        "smartctl-validate": frozenset({"commissioning", "storage"}),
        "stress-ng-cpu-long": frozenset({"cpu"}),
        "stress-ng-cpu-short": frozenset({"cpu"}),
        "stress-ng-memory-long": frozenset({"memory"}),
        "stress-ng-memory-short": frozenset({"memory"}),
    },
}
FIELDS: Mapping[str, str] = {COMMISSIONING: "commissioning_scripts", TESTING: "testing_scripts"}
NONE = "none"
USUAL_TESTS = ("commissioning",)  # a tag
DESTRUCTIVE_ON_DEPLOYED = "Destructive tests may only be run on undeployed machines."


def chosen(form: Form, kind: str) -> tuple[str, ...]:
    """Names and tags, in one comma list; of a repeated field only the last one is looked at."""
    given = form.getlist(FIELDS[kind])
    return tuple(given[-1].split(",")) if given else ()


def problems(kind: str, names: Collection[str], *, may_be_none: bool) -> list[str]:
    known = {NONE} if may_be_none else set()
    for name, tags in CATALOGUE[kind].items():
        known |= {name, *tags}
    unknown = [name for name in names if name not in known]
    return [f"Select a valid choice. {name} is not one of the available choices." for name in unknown[:1]]


def destroys(names: Collection[str]) -> bool:
    return any("destructive" in CATALOGUE[TESTING][name] for name in tests(names))


def tests(names: Collection[str]) -> tuple[str, ...]:
    """What runs: those named, and those that carry one of the tags."""
    if NONE in names:
        return ()
    wanted = set(names or USUAL_TESTS)
    return tuple(name for name, tags in CATALOGUE[TESTING].items() if name in wanted or tags & wanted)


def commissioning_scripts(*, with_bmc: bool) -> tuple[str, ...]:
    """MAAS's own always run, whichever are chosen; people's own are not emulated."""
    own = CATALOGUE[COMMISSIONING].items()
    return tuple(name for name, tags in own if with_bmc or "bmc-config" not in tags)
