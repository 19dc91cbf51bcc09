"""`gough machine`: its commands in one place."""

import typer

from gough.cli import (
    adoption,
    locations,
    machine_actions,
    machine_list,
    machine_operations,
    machine_show,
    metrics,
    playbook_runs,
    script_results,
)

app = typer.Typer(
    help="Machines: look at them, work on them, say what MAAS and Gough keep of them.", no_args_is_help=True
)
app.command("list")(machine_list.list_machines)
app.command("show")(machine_show.show_machine)
app.command("timeline")(machine_show.timeline)
app.command("why")(machine_show.why)
app.command("metrics")(metrics.of_machine)
app.command("results")(script_results.results)
app.command("runs")(playbook_runs.runs)
app.command("deploy")(machine_actions.deploy)
app.command("redeploy")(machine_actions.redeploy)
app.command("commission")(machine_actions.commission)
app.command("test")(machine_actions.test)
app.command("release")(machine_actions.release)
app.command("adopt")(adoption.adopt)
app.add_typer(machine_operations.power, name="power")
for name, (operation, about) in machine_operations.OTHERS.items():
    app.command(name)(machine_operations.command(operation, about))
app.command("set")(machine_operations.change)
app.command("locate")(locations.locate)
app.command("import-locations")(locations.import_locations)
