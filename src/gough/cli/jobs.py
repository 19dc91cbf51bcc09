"""`gough job`."""

from typing import Annotated, Any

import typer

from gough.cli import admission
from gough.cli.output import Format, Output, show, show_one
from gough.domain.priorities import Priority, word_of

app = typer.Typer(help="Jobs: list, show, log, cancel, retry, prioritise; pause, resume, begin.", no_args_is_help=True)
app.command("pause")(admission.pause)
app.command("resume")(admission.resume)
app.command("begin")(admission.begin)
JobId = Annotated[str, typer.Argument(help="The job's id.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow it to its end.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to follow it at most.")]
Urgency = Annotated[Priority, typer.Option("--priority", help="Which of several that wait begins first.")]
COLUMNS = ("id", "kind", "machine", "state", "priority", "stage", "created_by", "created_at")


@app.command("list")
def list_jobs(output: Output = Format.TABLE, limit: Annotated[int, typer.Option(min=1, max=200)] = 20) -> None:
    """The newest jobs."""
    from gough.cli.embedded import use
    from gough.services import jobs

    with use().database.read() as session:
        rows = [_row(job) for job in jobs.newest(session, limit=limit)]
    show(rows, COLUMNS, output)
    admission.tell_pause()


@app.command("show")
def show_job(job_id: JobId, output: Output = Format.TABLE) -> None:
    """One job with its stages and, if it failed, its diagnosis."""
    from gough.cli.embedded import use
    from gough.services import jobs

    with use().database.read() as session:
        job = jobs.find(session, job_id)
        steps = [
            {"stage": s.name, "state": s.state, "started_at": s.started_at, "finished_at": s.finished_at,
             "deadline_at": s.deadline_at, "progress": s.progress, "cause": s.cause or s.waived_by}
            for s in job.steps
        ]  # fmt: skip
        row = {**_row(job), "diagnosis": job.diagnosis}
    if output is not Format.TABLE:
        show_one({**row, "steps": steps}, output)
        return
    diagnosis = row.pop("diagnosis") or {}
    show_one(row, output)
    show(steps, ("stage", "state", "started_at", "finished_at", "progress", "cause"), output)
    for name in ("summary", "next_action"):
        if name in diagnosis:
            print(f"{name.replace('_', ' ')}: {diagnosis[name]}")
    for line in diagnosis.get("evidence", []):
        print(f"  | {line}")


@app.command()
def log(job_id: JobId, wait: Wait = False, timeout: Timeout = 3600) -> None:
    """What the job did, line by line."""
    from gough.cli.embedded import use
    from gough.services import jobs

    if wait:
        finish(job_id, wait=True, timeout=timeout)
        return
    with use().database.read() as session:
        for entry in jobs.log(session, jobs.find(session, job_id).id):
            print(f"{entry.at:%H:%M:%S}  {entry.message}")


@app.command()
def cancel(job_id: JobId) -> None:
    """Stop a job, and MAAS where it works for it."""
    from gough.cli.embedded import me, use
    from gough.services import jobs

    jobs.cancel(use(), job_id, by=me())
    print(f"{job_id} will stop at its next step.")


@app.command()
def retry(
    job_id: JobId,
    confirm_wipe: Annotated[bool, typer.Option(help="Yes, install the machine anew.")] = False,
    wait: Wait = False,
    timeout: Timeout = 3600,
) -> None:
    """Run a failed job again from the stage that failed."""
    from gough.cli.embedded import me, use
    from gough.services import jobs

    jobs.retry(use(), job_id, by=me(), confirm_wipe=confirm_wipe)
    finish(job_id, wait=wait, timeout=timeout)


@app.command()
def prioritise(job_id: JobId, priority: Annotated[Priority, typer.Argument(help="How urgent it is.")]) -> None:
    """Let a job that waits begin before, or after, others."""
    from gough.cli.embedded import me, use
    from gough.services import jobs

    jobs.prioritise(use(), job_id, priority, by=me())
    print(f"{job_id} waits with priority {priority.value}.")


def finish(job_id: str, *, wait: bool, timeout: float) -> None:
    """Print the job's id; with `wait`, follow it and exit 1 when it did not end well."""
    print(job_id)
    if not wait:
        return
    from gough.cli.embedded import use
    from gough.cli.waiting import follow

    job = follow(use(), job_id, timeout=timeout)
    if job.state != "done":
        diagnosis = job.diagnosis or {}
        print(f"{job.state}: {diagnosis.get('summary', '')}\ndo: {diagnosis.get('next_action', '')}")
        raise typer.Exit(1)


def _row(job: Any) -> dict[str, Any]:
    stage = next((s.name for s in job.steps if s.state in ("running", "failed")), "")
    return {
        "id": job.id, "kind": job.kind, "machine": job.machine.hostname, "state": job.state, "stage": stage,
        "priority": word_of(job.priority).value,
        "created_by": job.created_by, "created_at": job.created_at, "finished_at": job.finished_at,
    }  # fmt: skip
