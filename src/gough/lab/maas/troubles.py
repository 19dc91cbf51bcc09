"""What befalls a machine that it does not ask for: what its installer logs, a boot that ends, somebody else's deeds."""

from collections.abc import Callable, Mapping

from gough.lab.maas.ask import Ask
from gough.lab.maas.core import Core
from gough.lab.maas.machine import Machine
from gough.lab.maas.operations import abort
from gough.lab.maas.region import Region
from gough.lab.maas.releasing import release
from gough.lab.maas.scripts import INSTALLATION
from gough.lab.maas.users import User

SOMEBODY = "mallory"


def asks_and_loads_nothing(region: Region, system_id: str) -> None:
    """It is told what to boot; the image then never arrives. `maasserver/rpc/boot.py`"""
    with region.core.lock:
        machine = region.core.machines[system_id]
        region.core.tell(machine, "PXE Request", "installation")
        region.core.tell(machine, "Performing PXE boot")


def installer_logs(region: Region, system_id: str, text: str) -> None:
    """Curtin posts its log with its last report (`post_files`); MAAS keeps it as the installation's output."""
    with region.core.lock:
        log = region.core.machines[system_id].current(INSTALLATION)
        assert log is not None, "only a machine that is being installed has one"
        log.scripts[0].output += text.encode()


def _delete(core: Core, machine: Machine, _: Ask) -> None:
    del core.machines[machine.system_id]
    core.events.forget(machine)
    core.changed(machine)


DEEDS: Mapping[str, Callable[[Core, Machine, Ask], object]] = {"release": release, "abort": abort, "delete": _delete}


def somebody(region: Region, system_id: str, deed: str) -> None:
    """An administrator who knows nothing of Gough does this in MAAS's own pages."""
    with region.core.lock:
        DEEDS[deed](region.core, region.core.machines[system_id], Ask(User(SOMEBODY)))
