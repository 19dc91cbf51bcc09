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
    """`allowed` are the statuses in which MAAS takes it; `already` says why it would change nothing."""

    operation: Operation
    label: str
    says: str
    allowed: frozenset[MachineStatus] = EVERY
    already: Callable[[Scene], str] = lambda _: ""


def _powered(state: str) -> Callable[[Scene], str]:
    words = f"It is {state} already, as MAAS last saw it; ask its power to be sure."
    return lambda scene: words if scene.machine.power_state == state else ""


GROUPS: Mapping[str, tuple[Control, ...]] = {
    "Power": (
        Control(Operation.POWER_ON, "Power on", "", already=_powered("on")),
        Control(
            Operation.POWER_OFF, "Power off", "It is switched off hard; what runs on it is not asked first.",
            already=_powered("off"),
        ),
        Control(Operation.POWER_QUERY, "Ask its power", "MAAS asks the BMC now; that may take a minute."),
    ),
    "Lock": (
        Control(
            Operation.LOCK, "Lock", "MAAS then releases, changes or powers it off for nobody.",
            frozenset({S.DEPLOYED, S.DEPLOYING}), lambda s: "It is locked already." if s.machine.locked else "",
        ),
        Control(
            Operation.UNLOCK, "Unlock", "", already=lambda s: "" if s.machine.locked else "It is not locked.",
        ),
    ),
    "Condition": (
        Control(
            Operation.MARK_BROKEN, "Mark broken", "MAAS takes it away from whoever has it.", _before(S.BROKEN),
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
    locked = control.operation is Operation.POWER_OFF and scene.machine.locked
    why_not = (
        (scene.busy() if disturbs else "")
        or ("Locked in MAAS; unlock it first." if locked else "")
        or scene.impossible(control.allowed)
        or control.already(scene)
    )
    return Offer(
        control.operation.value, control.label, f"{scene.here}/do/{control.operation.value}", why_not,
        typed=needs_name(control.operation, in_service=scene.in_service), says=control.says,
        not_ours=scene.not_ours if disturbs else "",
    )  # fmt: skip
