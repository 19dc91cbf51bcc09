"""A virtual machine: it obeys its BMC, boots what the region tells it to, and reports as a real one does."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, RLock, Thread
from uuid import uuid4

from gough.domain.machine_status import MachineStatus
from gough.lab import pace as times
from gough.lab.ansible import Site
from gough.lab.faults import Fault, Injection, Point
from gough.lab.first_boot import FirstBoot
from gough.lab.maas import BootTarget, Hardware, PowerError, Region, troubles
from gough.lab.osquery import Machine, kept
from gough.lab.osquery_service import OsqueryService
from gough.lab.pace import Pace
from gough.lab.system import System
from gough.lab.user_data import enrolment_token, parse

GIB = 1024
LATE_COMMANDS = 5.0
SLOWLY = 5  # so many times longer than others takes a script that fails: what is broken is asked again and again
CURTIN_STAGES = (
    ("stage-partitioning", times.PARTITION),
    ("stage-extract", times.WRITE_IMAGE),
    ("stage-curthooks", times.CONFIGURE_SYSTEM),
    ("stage-late", LATE_COMMANDS),
)
# Where power fails: while the machine has this status.
POWER_POINTS = {Point.BMC_LOGIN: MachineStatus.COMMISSIONING, Point.POWER_ON: MachineStatus.DEPLOYING}


class VirtualMachine:
    """Number `number` of the lab, from 1. `folder` holds its disk."""

    def __init__(
        self, number: int, region: Region, pace: Pace, folder: Path, injections: tuple[Injection, ...],
        *, osquery_scheme: str = "https", ansible: Site | None = None,
    ) -> None:  # fmt: skip
        self.number, self.hostname = number, f"node-{number:02}"
        self.uuid, self.serial = str(uuid4()), f"LAB{number:05}"
        self._osquery_scheme = osquery_scheme
        self._region, self._pace, self._folder, self._injections = region, pace, folder, injections
        self._lock = RLock()
        self._off = Event()
        self._off.set()
        self._system: System | None = None
        self._osquery: OsqueryService | None = None
        self._ansible = ansible
        self._ssh = ansible.server(folder) if ansible else None
        self._up = False
        self.system_id = ""

    def enlist(self) -> None:
        """Somebody presses the power button of a machine that MAAS has never seen: it boots and is enlisted."""
        self.system_id = self._region.enlist(hostname=self.hostname, mac_addresses=[self._mac()])

    def power_state(self) -> str:
        """on or off, as the BMC tells. Raises PowerError when it is out of order."""
        self._ask_bmc()
        return "off" if self._off.is_set() else "on"

    def power_on(self) -> None:
        """Raises PowerError when the BMC is out of order."""
        self._ask_bmc()
        with self._lock:
            if not self._off.is_set():
                return
            self._off = Event()
            Thread(target=self._live, args=(self._off,), name=self.hostname, daemon=True).start()
        self._tell_power(on=True)

    def power_off(self) -> None:
        with self._lock:
            self._off.set()
            self._up = False
            if self._system is not None:
                self._system.stop()
            if self._ssh is not None:
                self._ssh.stop()
        self._tell_power(on=False)

    def close(self) -> None:
        self.power_off()

    @property
    def is_up(self) -> bool:
        """Whether its installed system has booted, so that somebody can log in."""
        return self._up

    def type_in(self, command: str) -> str:
        """Somebody becomes root on it and types this. Its complaint; empty when it went well."""
        if not self._up or self._system is None:
            return f"{self.hostname} is not up"
        complaint = self._system.type_in(command)
        self._start_agent(self._off)
        return complaint

    def refused(self) -> tuple[int, str] | None:
        """The status and the words with which MAAS refuses to deploy it."""
        fault = self._fault(Point.MAAS_DEPLOY)
        return (int(fault.where), fault.says) if fault else None

    def _ask_bmc(self) -> None:
        for point, status in POWER_POINTS.items():
            fault = self._fault(point)
            if fault is not None and self._region.status(self.system_id) is status:
                raise PowerError(fault.says)

    def _tell_power(self, *, on: bool) -> None:
        with suppress(KeyError):  # not enlisted yet, or deleted since
            self._region.power_changed(self.system_id, on=on)

    def _live(self, off: Event) -> None:
        """From power-on self-test on, until the power is cut or the region deletes it."""
        if self._pace.wait(times.POST, off):
            return
        try:
            if self._boots(off):
                act = self._programs().get(self._region.pxe_boot(self.system_id))
                if act is not None:
                    act(off)
        except KeyError:
            if self.system_id in self._region.system_ids():
                raise

    def _boots(self, off: Event) -> bool:
        """Whether it finds its way into the installer; other boots go well."""
        if self._region.status(self.system_id) is not MachineStatus.DEPLOYING:
            return True
        if self._fault(Point.NETWORK_BOOT):
            off.wait()
        if self._fault(Point.BOOT_IMAGE):
            troubles.asks_and_loads_nothing(self._region, self.system_id)
            off.wait()
        return not off.is_set()

    def _programs(self) -> dict[BootTarget, Callable[[Event], None]]:
        return {
            BootTarget.COMMISSIONING: self._commission,
            BootTarget.TESTING: self._test,
            BootTarget.ERASING: self._erase,
            BootTarget.INSTALLER: self._install,
            BootTarget.RESCUE: self._rescue,
            BootTarget.EPHEMERAL: self._run_in_memory,
            BootTarget.LOCAL_DISK: self._boot_disk,
        }

    def _commission(self, off: Event) -> None:
        if self._pace.wait(times.LOAD_EPHEMERAL, off):
            return
        self._region.user_data(self.system_id)
        if not self._run_scripts(times.COMMISSIONING_SCRIPT, off, Point.COMMISSIONING):
            return
        self._region.finish_commissioning(self.system_id, self._hardware())
        self._run_scripts(times.TEST_SCRIPT, off, Point.TESTING)

    def _test(self, off: Event) -> None:
        if not self._pace.wait(times.LOAD_EPHEMERAL, off):
            self._run_scripts(times.TEST_SCRIPT, off, Point.TESTING)

    def _run_scripts(self, seconds: float, off: Event, point: Point) -> bool:
        for name in self._region.pending_scripts(self.system_id):
            fault = self._fault(point, name)
            slowly = SLOWLY if fault else 1
            if self._pace.wait(seconds * slowly, off) or (fault is not None and not fault.says and off.wait()):
                return False
            said = fault.says if fault else f"{name}: nothing to complain about\n"
            self._region.report_script(self.system_id, name, 1 if fault else 0, said.encode())
        return True

    def _erase(self, off: Event) -> None:
        if not self._pace.wait(times.ERASE, off):
            shutil.rmtree(self._folder, ignore_errors=True)
            self._region.finish_erasing(self.system_id)

    def _rescue(self, off: Event) -> None:
        if not self._pace.wait(times.LOAD_EPHEMERAL, off):
            self._region.rescue_booted(self.system_id)

    def _run_in_memory(self, off: Event) -> None:
        """Nothing stays over a boot, so each is a first one."""
        if not self._pace.wait(times.LOAD_EPHEMERAL, off):
            self._wipe_disk()
            self._boot_disk(off)

    def _install(self, off: Event) -> None:
        """Curtin: partition, write the image, make it bootable; then from the disk."""
        if self._pace.wait(times.LOAD_EPHEMERAL, off):
            return
        self._curtin("cmd-install", "start", "curtin command install")
        for stage, seconds in CURTIN_STAGES:
            if not self._install_stage(stage, seconds, off):
                return
        self._wipe_disk()
        self._curtin("cmd-install", "finish", "curtin command install", "SUCCESS")
        if not self._pace.wait(times.POST, off):
            self._region.pxe_boot(self.system_id)
            self._boot_disk(off)

    def _install_stage(self, stage: str, seconds: float, off: Event) -> bool:
        """False when the installation ends here."""
        name, description = f"cmd-install/{stage}", f"curtin command {stage.removeprefix('stage-')}"
        self._curtin(name, "start", description)
        fault, deed = self._fault(Point.INSTALL, stage), self._fault(Point.SOMEBODY)
        if deed is not None:
            troubles.somebody(self._region, self.system_id, deed.where)
        if self._fault(Point.POWER_CUT, stage):
            self.power_off()
        if off.wait() if fault is not None and not fault.says else self._pace.wait(seconds, off):
            return False
        if fault is None:
            self._curtin(name, "finish", description, "SUCCESS")
            return True
        troubles.installer_logs(self._region, self.system_id, fault.says)
        self._curtin(name, "finish", description, "FAIL")
        self._curtin("cmd-install", "finish", "curtin command install", "FAIL")
        return False

    def _boot_disk(self, off: Event) -> None:
        """The installed system; cloud-init does its work once an installation."""
        hangs = self._fault(Point.DISK_BOOT) is not None
        if self._system is None or (off.wait() if hangs else self._pace.wait(times.BOOT_FROM_DISK, off)):
            return
        done = self._folder / "root/var/lib/cloud/instance/boot-finished"
        if not done.exists() and not self._first_boot(off):
            return
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()
        self._start_agent(off)
        self._start_ssh(off)
        with self._lock:
            self._up = not off.is_set()

    def _start_ssh(self, off: Event) -> None:
        with self._lock:
            if self._ssh is None or self._ansible is None or off.is_set():
                return
            self._ansible.lead(self._region.snapshot(self.system_id).address, self._ssh.port)
            if struck := self._fault(Point.PLAYBOOK):
                (self._folder / "root" / struck.where).mkdir(parents=True, exist_ok=True)
            if self._fault(Point.SSH) is None:
                self._ssh.start()

    def _start_agent(self, off: Event) -> None:
        """Where there is one."""
        with self._lock:
            if self._system is None or off.is_set() or self._fault(Point.AGENT_START):
                return
            settings = self._fault(Point.AGENT_SETTINGS)
            if settings is not None:
                self._system.set_agent(settings.where, settings.says or self._foreign_token())
            self._system.start_agent()
            if self._osquery is not None:
                self._osquery.start(off, crashes=self._fault(Point.OSQUERY_START) is not None)

    def _foreign_token(self) -> str:
        """What a copied disk brings along: the enrolment token of a machine that is being deployed, too."""
        others = (self._region.snapshot(name) for name in self._region.system_ids() if name != self.system_id)
        return next((token for other in others if (token := enrolment_token(other.user_data))), "no-other-machine-here")

    def _first_boot(self, off: Event) -> bool:
        data = parse(self._region.user_data(self.system_id))
        assert self._system is not None
        return FirstBoot(
            self._system, data, self._cloud_init, pause=lambda seconds: self._pace.wait(seconds, off), hang=off.wait,
            fault=self._fault(Point.CLOUD_INIT), connected=self._fault(Point.NETWORK) is None,
        ).run()  # fmt: skip

    def _wipe_disk(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        root = self._folder / "root"
        root.mkdir(parents=True)
        self._system = System(root, self.hostname)
        struck = self._fault(Point.OSQUERY_TABLE)
        machine = Machine(self.uuid, self.hostname, self.serial, mac=self._mac())
        tables = kept(machine, neglected=(struck.where,) if struck else ())
        self._osquery = OsqueryService(self._system, tables, scheme=self._osquery_scheme)

    def _curtin(self, name: str, event_type: str, description: str, result: str | None = None) -> None:
        self._region.signal(
            self.system_id, origin="curtin", name=name, event_type=event_type, description=description, result=result
        )

    def _cloud_init(self, name: str, event_type: str, description: str, result: str) -> None:
        self._region.signal(
            self.system_id, origin="cloudinit", name=name, event_type=event_type, description=description,
            result=result or None,
        )  # fmt: skip

    def _fault(self, point: Point, where: str = "") -> Fault | None:
        """The one that strikes there."""
        struck = (one.fault for one in self._injections if one.strikes(point, self.number))
        return next((fault for fault in struck if where in ("", fault.where)), None)

    def _hardware(self) -> Hardware:
        return Hardware(
            cpu_count=16 * (1 + self.number % 3), memory_mib=64 * GIB * (1 + self.number % 2),
            vendor="Lab", product="Virtual server", serial=self.serial, hardware_uuid=self.uuid,
        )  # fmt: skip

    def _mac(self) -> str:
        return f"52:54:00:6c:{self.number // 256:02x}:{self.number % 256:02x}"
