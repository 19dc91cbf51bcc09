"""`gough machine runs`: what Ansible did on a machine."""

from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.machine_show import Name
from gough.cli.output import Format, show
from gough.domain.plays import recap_in_words

COLUMNS = ("started_at", "playbook", "state", "tasks", "said")
MOST = 50


def runs(
    name: Name, form: Annotated[Format, typer.Option("-o", "--format", help="How to print.")] = Format.TABLE
) -> None:
    """The playbooks that Gough ran on it, newest first; `said` is what ended one that did not converge."""
    found = backend("machines").runs(name, MOST)
    if form is Format.TABLE:
        found = [{**each, "tasks": recap_in_words(each["recap"])} for each in found]
    show(found, COLUMNS, form)
