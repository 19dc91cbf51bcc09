"""`gough machine`: its commands in one place."""

import typer

from gough.cli import locations, machine_actions, machine_list, machine_show

app = typer.Typer(
    help="Machines: list, show, timeline, why; deploy, commission, test, release; locate.", no_args_is_help=True
)
app.command("list")(machine_list.list_machines)
app.command("show")(machine_show.show_machine)
app.command("timeline")(machine_show.timeline)
app.command("why")(machine_show.why)
app.command("deploy")(machine_actions.deploy)
app.command("commission")(machine_actions.commission)
app.command("test")(machine_actions.test)
app.command("release")(machine_actions.release)
app.command("locate")(locations.locate)
app.command("import-locations")(locations.import_locations)
