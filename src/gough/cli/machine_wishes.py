"""The options of commissioning, testing and releasing: of `gough machine …` and of `gough bulk …`."""

from typing import TYPE_CHECKING, Annotated

import typer

from gough.cli.sharing import takes
from gough.domain.machine_options import ERASES, Erase

if TYPE_CHECKING:
    from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions

Several = list[str] | None
MODES = " ".join(f"{mode.value}: {meaning}" for mode, meaning in ERASES.items() if mode is not Erase.NONE)


def scripts(
    testing_script: Annotated[
        Several, typer.Option(help="A test by name or tag, instead of MAAS's choice; may be given several times.")
    ] = None,
    script_parameter: Annotated[
        Several, typer.Option(metavar="NAME=VALUE", help="For the scripts that take it: storage=sda.")
    ] = None,
    enable_ssh: Annotated[bool, typer.Option("--enable-ssh", help="Let people log in; it stays on.")] = False,
) -> "ScriptOptions":
    """Raises Invalid for what is not written as it should be."""
    from gough.domain.machine_options import ScriptOptions, parse_parameters

    return ScriptOptions(enable_ssh, tuple(testing_script or ()), parse_parameters(script_parameter or []))


@takes(tests=scripts)
def commissioning(
    tests: "ScriptOptions",
    skip_tests: Annotated[bool, typer.Option("--skip-tests", help="No hardware tests.")] = False,
    commissioning_script: Annotated[
        Several, typer.Option(help="A script by name or tag, instead of all; none: only MAAS's own.")
    ] = None,
    skip_bmc_config: Annotated[bool, typer.Option("--skip-bmc-config", help="Leave the BMC's account alone.")] = False,
    skip_networking: Annotated[bool, typer.Option("--skip-networking", help="Keep the interfaces' set-up.")] = False,
    skip_storage: Annotated[bool, typer.Option("--skip-storage", help="Keep the disks' layout.")] = False,
) -> "CommissionOptions":
    from gough.domain.machine_options import CommissionOptions

    return CommissionOptions(
        tests.enable_ssh, tests.testing_scripts, tests.script_parameters, tuple(commissioning_script or ()),
        skip_tests, skip_bmc_config, skip_networking, skip_storage,
    )  # fmt: skip


def releasing(
    erase: Annotated[bool, typer.Option("--erase", help="Erase the disks first, as --erase-mode full.")] = False,
    erase_mode: Annotated[str, typer.Option(metavar="MODE", help=MODES)] = "",
) -> "ReleaseOptions":
    """Raises Invalid for a mode that there is not."""
    from gough.domain.machine_options import ReleaseOptions, parse_erase

    return ReleaseOptions(parse_erase(erase_mode or erase))
