"""The stage tables as diagrams and tables, from gough.domain.stages."""

from datetime import timedelta

from gough.domain.stages import TABLES, JobKind, Retry, Stage, Table
from tools.docparts import conditions, table

RETRIES = {
    Retry.AGAIN: "the stage runs again",
    Retry.RESUBMIT: "from the first stage, with a new submission to MAAS",
    Retry.WAIT: "the stage waits again",
}
WIPES = "; the disks are wiped, so it must be confirmed"
ARRIVED = {JobKind.DEPLOYMENT: "in service", JobKind.ADOPTION: "in service"}
STANDS_STILL = ", while MAAS can be followed"
HEADINGS = ("stage", "deadline", "done when", "failed when", "a retry", "skipped")


def deployment() -> str:
    return _of(JobKind.DEPLOYMENT)


def others() -> str:
    kinds = [kind for kind in TABLES if kind is not JobKind.DEPLOYMENT]
    return "\n\n".join(f"### {kind.value.capitalize()}\n\n{_of(kind)}" for kind in kinds)


def _of(kind: JobKind) -> str:
    return f"{_diagram(kind, TABLES[kind])}\n\n{table(HEADINGS, (_row(kind, stage) for stage in TABLES[kind]))}"


def _diagram(kind: JobKind, stages: Table) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {_id(stages[0])}"]
    lines += [f'    state "{stage.name}" as {_id(stage)}' for stage in stages if _id(stage) != stage.name]
    for stage, following in zip(stages, [*stages[1:], None], strict=True):
        said = ARRIVED.get(kind, "done") if following is None else "waived" if stage.waiver else ""
        target = "[*]" if following is None else _id(following)
        label = f": {'done or waived' if said == 'waived' else said or 'done'}"
        lines.append(f"    {_id(stage)} --> {target}{label}")
        lines.append(f"    {_id(stage)} --> failed: failed, or {_short(stage.deadline)} over")
    lines += [f"    failed --> {target}: {said}" for target, said in _retries(stages).items()]
    return "\n".join([*lines, "```"])


def _retries(stages: Table) -> dict[str, str]:
    """{stage a retry begins with: what of}"""
    found: dict[str, list[str]] = {}
    for stage in stages:
        begin = stages[0] if stage.retry is Retry.RESUBMIT else stage
        found.setdefault(_id(begin), []).append(stage.name)
    return {target: f"retry of {', '.join(names)}" for target, names in found.items()}


def _row(kind: JobKind, stage: Stage) -> tuple[str, ...]:
    wipes = WIPES if kind is JobKind.DEPLOYMENT and stage.retry is Retry.RESUBMIT else ""
    return (
        f"`{stage.name}`",
        _short(stage.deadline) + (STANDS_STILL if stage.seen_by_maas else ""),
        conditions.done_when(stage.done),
        conditions.fails_when(stage.failed),
        RETRIES[stage.retry] + wipes,
        f"by policy \u201c{stage.waiver.policy}\u201d" if stage.waiver else "never",
    )


def _id(stage: Stage) -> str:
    return stage.name.replace("-", "_")


def _short(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
