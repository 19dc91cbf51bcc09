"""cloud-init's first boot on a virtual machine: its stages and modules, reported to every webhook and to MAAS.

Source: cloud-init 25.1 `cloudinit/cmd/main.py`, `config/modules.py`, `reporting/events.py`. A failed module's report
names the module only; why it failed is in result.json.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import structlog

from gough.lab import pace as times
from gough.lab.fault_words import NO_SCRIPT
from gough.lab.faults import SCRIPTS, Fault
from gough.lab.system import INSTALLER, System
from gough.lab.user_data import Script, UserData

log = structlog.get_logger()

Reporter = Callable[[str, str, str, str], None]
"""(name, event_type, description, result): tells MAAS."""

# stage: what it says it does, and its modules with the keys of user-data that make them run; no key: always
Modules = tuple[tuple[str, frozenset[str]], ...]
ALWAYS: frozenset[str] = frozenset()
STAGES: tuple[tuple[str, str, Modules], ...] = (
    ("init-local", "searching for local datasources", ()),
    (
        "init-network",
        "searching for network datasources",
        (("mounts", frozenset({"mounts"})), ("users_groups", frozenset({"users", "groups"})), ("ssh", ALWAYS)),
    ),
    (
        "modules-config",
        "running modules for config",
        (("apt_configure", frozenset({"apt"})), ("ntp", frozenset({"ntp"})), ("timezone", frozenset({"timezone"}))),
    ),
    (
        "modules-final",
        "running modules for final",
        (("package_update_upgrade_install", frozenset({"packages", "package_update"})), ("scripts_user", ALWAYS)),
    ),
)


class PowerCut(Exception):
    """The machine went off meanwhile."""


@dataclass(frozen=True, slots=True)
class FirstBoot:
    """`pause` waits so many seconds of the machine's time and `hang` for good; True when the power went off.

    `fault` strikes one module. A machine that is not `connected` reaches MAAS and not Gough.
    """

    system: System
    data: UserData
    tell_maas: Reporter
    pause: Callable[[float], bool]
    hang: Callable[[], object]
    fault: Fault | None = None
    connected: bool = True
    _errors: list[str] = field(default_factory=list)

    def run(self) -> bool:
        """False when the power went off meanwhile."""
        try:
            for stage, description, modules in STAGES:
                self._stage(stage, description, tuple(name for name, keys in modules if self._runs(stage, name, keys)))
        except PowerCut:
            return False
        return True

    def _runs(self, stage: str, name: str, keys: frozenset[str]) -> bool:
        struck = self.fault is not None and self.fault.where == f"{stage}/config-{name}"
        return struck or not keys or not keys.isdisjoint(self.data.config)

    def _stage(self, stage: str, description: str, modules: tuple[str, ...]) -> None:
        self._report(stage, "start", description)
        if self.pause(times.CLOUD_INIT_STAGE):
            raise PowerCut
        before = len(self._errors)
        for name in modules:
            self._module(f"{stage}/config-{name}", name)
        if stage == STAGES[-1][0]:
            self.system.conclude_boot(self._errors)
        self._report(stage, "finish", description, "FAIL" if len(self._errors) > before else "SUCCESS")

    def _module(self, part: str, name: str) -> None:
        description = f"running config-{name} with frequency once-per-instance"
        self._report(part, "start", description)
        fault = self.fault if self.fault is not None and self.fault.where == part else None
        if fault is not None and not fault.says:
            self.hang()
            raise PowerCut
        error = self._run_scripts(fault is not None) if part == SCRIPTS else fault.says if fault else ""
        if error:
            self._errors.append(f"('{name}', {error})")
            self._report(part, "finish", description, "FAIL")
        else:
            self._report(part, "finish", f"config-{name} ran successfully", "SUCCESS")

    def _run_scripts(self, sabotage: bool) -> str:
        """The exception of scripts_user; empty when every script went well."""
        failed = [script.name for script, complaint in self._complaints(sabotage) if complaint]
        return NO_SCRIPT.format(",".join(failed), len(self.data.scripts)) if failed else ""

    def _complaints(self, sabotage: bool) -> Iterator[tuple[Script, str]]:
        for number, script in enumerate(self.data.scripts):
            if script.name == INSTALLER and not self.connected:
                yield script, "gough-agent: could not download"
            else:
                yield script, self.system.run_script(script, sabotage=sabotage and number == 0)

    def _report(self, name: str, event_type: str, description: str, result: str = "") -> None:
        self.tell_maas(name, event_type, description, result)
        if self.connected:
            self._post({"name": name, "event_type": event_type, "description": description}, result)

    def _post(self, event: dict[str, str], result: str) -> None:
        """To each webhook, tried again as its configuration says, and then forgotten, as cloud-init does."""
        stamp = time.time() + (self.fault.clock if self.fault else 0)
        body = {**event, "origin": "cloudinit", "timestamp": stamp} | ({"result": result} if result else {})
        for hook in self.data.webhooks:
            for _ in range(int(hook.get("retries", 1)) + 1):
                try:
                    httpx.post(hook["endpoint"], json=body, timeout=float(hook.get("timeout", 10))).raise_for_status()
                except httpx.HTTPError as error:
                    log.debug("report not delivered", error=str(error))
                    if self.pause(times.BETWEEN_TRIES):
                        raise PowerCut from error
                    continue
                break
