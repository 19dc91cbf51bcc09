"""What can be done to a machine at once, without a job, as its page offers it. Statuses are MAAS 3.4's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gough.domain.machine_status import TRANSITIONS, MachineStatus
from gough.domain.operations import MANNERS, Operation
from gough.domain.permissions import Permission
from gough.web.portal.actions import Offer, Scene

S = MachineStatus
EVERY = frozenset(MachineStatus)


def _before(after: MachineStatus) -> frozenset[MachineStatus]:
    return frozenset(status for status in MachineStatus if after in TRANSITIONS[status])


@dataclass(frozen=True, slots=True)
class Control:
    """`allowed` are the statuses in which MAAS takes it; `obstacle` says what else is in the way."""

    operation: Operation
    label: str
    says: str
    allowed: frozenset[MachineStatus] = EVERY
    obstacle: Callable[[Scene], str] = lambda _: ""


def _on(scene: Scene) -> str:
    if scene.machine.power_state == "on":
        return "It is on already, as MAAS last saw it; query the power to be sure."
    return "" if scene.machine.owner else "MAAS only starts what somebody has; deploy or test it."


def _off(scene: Scene) -> str:
    if scene.machine.locked:
        return "Locked in MAAS; unlock it first."
    is_off = scene.machine.power_state == "off"
    return "It is off already, as MAAS last saw it; query the power to be sure." if is_off else ""


def _not_mine(scene: Scene) -> str:
    us, owner = scene.machine.region.username, scene.machine.owner
    if not us or us == owner:
        return ""
    return f"Only whoever has it in MAAS may: {owner or 'nobody'}, and Gough is {us} there."


GROUPS: Mapping[str, tuple[Control, ...]] = {
    "Power": (
        Control(Operation.POWER_ON, "Power on", "", obstacle=_on),
        Control(
            Operation.POWER_OFF, "Power off", "It is switched off hard; what runs on it is not asked first.",
            obstacle=_off,
        ),
        Control(Operation.POWER_QUERY, "Query the power", "MAAS asks the BMC now; that may take a minute."),
    ),
    "Lock": (
        Control(
            Operation.LOCK, "Lock", "MAAS then releases, changes or powers it off for nobody.",
            frozenset({S.DEPLOYED, S.DEPLOYING}), lambda s: "It is locked already." if s.machine.locked else "",
        ),
        Control(
            Operation.UNLOCK, "Unlock", "", obstacle=lambda s: "" if s.machine.locked else "It is not locked.",
        ),
    ),
    "Condition": (
        Control(
            Operation.MARK_BROKEN, "Mark broken", "MAAS gives it to nobody, and whoever has it loses it.",
            _before(S.BROKEN), _not_mine,
        ),
        Control(Operation.MARK_FIXED, "Mark fixed", "", frozenset({S.BROKEN})),
    ),
    "Rescue": (
        Control(
            Operation.RESCUE, "Rescue mode", "It reboots into a small system of MAAS's, for repairs.",
            _before(S.ENTERING_RESCUE_MODE),
        ),
        Control(
            Operation.EXIT_RESCUE, "Exit rescue mode", "It goes back to where it was.",
            _before(S.EXITING_RESCUE_MODE),
        ),
    ),
    "MAAS's work": (
        Control(
            Operation.ABORT, "Abort", "Commissioning, a test, a deployment or an erasure ends where it is.",
            frozenset({S.COMMISSIONING, S.DEPLOYING, S.TESTING, S.DISK_ERASING}),
        ),
    ),
}  # fmt: skip


def control_groups(scene: Scene) -> dict[str, list[Offer]]:
    """{group: its buttons}; none at all for who may not press one."""
    if scene.refusal(Permission.OPERATE):
        return {}
    return {name: [_offer(scene, control) for control in controls] for name, controls in GROUPS.items()}


def needs_name(operation: Operation, *, in_service: bool) -> bool:
    """Whether the hostname must be typed first: somebody works with the machine, and would notice."""
    return in_service and MANNERS[operation].disturbs


def _offer(scene: Scene, control: Control) -> Offer:
    disturbs = MANNERS[control.operation].disturbs
    busy = scene.busy() if disturbs else ""
    why_not = busy or scene.impossible(control.allowed) or control.obstacle(scene)
    return Offer(
        control.operation.value, control.label, f"{scene.here}/do/{control.operation.value}", why_not,
        typed=needs_name(control.operation, in_service=scene.in_service), says=control.says,
        not_ours=scene.not_ours if disturbs else "",
    )  # fmt: skip
