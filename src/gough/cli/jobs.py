"""`gough job`."""

from typing import Annotated

import typer

from gough.cli import admission
from gough.cli.choice import backend
from gough.cli.output import Format, Output, show, show_one
from gough.domain.priorities import Priority

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
    show(backend("jobs").newest(limit), COLUMNS, output)
    admission.tell_pause()


@app.command("show")
def show_job(job_id: JobId, output: Output = Format.TABLE) -> None:
    """One job with its stages and, if it failed, its diagnosis."""
    row = backend("jobs").one(job_id)
    if output is not Format.TABLE:
        show_one(row, output)
        return
    diagnosis, steps = row.pop("diagnosis") or {}, row.pop("steps")
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
    if wait:
        finish(job_id, wait=True, timeout=timeout)
        return
    for entry in backend("jobs").progress(job_id, 0)["log"]:
        print(f"{entry['at']:%H:%M:%S}  {entry['message']}")


@app.command()
def cancel(job_id: JobId) -> None:
    """Stop a job, and MAAS where it works for it."""
    backend("jobs").cancel(job_id)
    print(f"{job_id} will stop at its next step.")


@app.command()
def retry(
    job_id: JobId,
    confirm_wipe: Annotated[bool, typer.Option(help="Yes, install the machine anew.")] = False,
    wait: Wait = False,
    timeout: Timeout = 3600,
) -> None:
    """Run a failed job again from the stage that failed."""
    backend("jobs").retry(job_id, confirm_wipe=confirm_wipe)
    finish(job_id, wait=wait, timeout=timeout)


@app.command()
def prioritise(job_id: JobId, priority: Annotated[Priority, typer.Argument(help="How urgent it is.")]) -> None:
    """Let a job that waits begin before, or after, others."""
    backend("jobs").prioritise(job_id, priority)
    print(f"{job_id} waits with priority {priority.value}.")


def finish(job_id: str, *, wait: bool, timeout: float) -> None:
    """Print the job's id; with `wait`, follow it and exit 1 when it did not end well."""
    print(job_id)
    if not wait:
        return
    from gough.cli.waiting import follow

    job = follow(job_id, timeout=timeout)
    if job["state"] != "done":
        diagnosis = job["diagnosis"] or {}
        print(f"{job['state']}: {diagnosis.get('summary', '')}\ndo: {diagnosis.get('next_action', '')}")
        raise typer.Exit(1)
