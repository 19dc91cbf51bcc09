"""Wishes as the forms of `machines/{system_id}/`. What is not wished is not sent: the region's own settings hold."""

from collections.abc import Mapping

from gough.domain.machine_options import NONE, CommissionOptions, Erase, ReleaseOptions, ScriptOptions

SKIPS = ("skip_bmc_config", "skip_networking", "skip_storage")
# Both are said either way: a region has settings of its own for what is left out.
ERASES: Mapping[Erase, Mapping[str, str]] = {
    Erase.NONE: {},
    Erase.QUICK: {"erase": "true", "secure_erase": "false", "quick_erase": "true"},
    Erase.SECURE: {"erase": "true", "secure_erase": "true", "quick_erase": "false"},
    Erase.FULL: {"erase": "true", "secure_erase": "false", "quick_erase": "false"},
}


def script_form(options: ScriptOptions) -> dict[str, str]:
    form = dict(options.script_parameters)
    if options.enable_ssh:
        form["enable_ssh"] = "true"
    if options.testing_scripts:
        form["testing_scripts"] = ",".join(options.testing_scripts)
    return form


def commission_form(options: CommissionOptions) -> dict[str, str]:
    form = script_form(options) | {name: "true" for name in SKIPS if getattr(options, name)}
    if options.commissioning_scripts:
        form["commissioning_scripts"] = ",".join(options.commissioning_scripts)
    if options.skip_tests:
        form["testing_scripts"] = NONE
    return form


def release_form(options: ReleaseOptions) -> dict[str, str]:
    return dict(ERASES[options.erase])
