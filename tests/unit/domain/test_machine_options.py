"""What can be wished of commissioning, testing and releasing: kept as JSON, and refused with everything wrong."""

import pytest

from gough.domain.errors import Invalid
from gough.domain.machine_options import (
    ERASES,
    CommissionOptions,
    Erase,
    ReleaseOptions,
    ScriptOptions,
    check_scripts,
    parse_parameters,
)

EVERY = CommissionOptions(
    True, ("smartctl-long", "memory"), {"storage": "sda"}, ("acme-raid",), False, True, True, True
)


@pytest.mark.parametrize("options", [EVERY, CommissionOptions(), CommissionOptions(skip_tests=True)])
def test_options_come_back_from_json_as_they_were(options: CommissionOptions) -> None:
    assert CommissionOptions.from_json(options.as_json()) == options
    assert bool(options) == bool(options.as_json())


def test_jobs_of_before_mean_what_they_meant() -> None:
    assert CommissionOptions.from_json({"skip_tests": False, "anytime": True}) == CommissionOptions()
    assert CommissionOptions.from_json({"skip_tests": True}).skip_tests
    assert ReleaseOptions.from_json({"erase": True, "held": {}}) == ReleaseOptions(Erase.FULL)
    assert ReleaseOptions.from_json({"erase": False}) == ReleaseOptions() == ReleaseOptions.from_json({})


@pytest.mark.parametrize("mode", Erase)
def test_every_mode_is_explained_and_comes_back_from_json(mode: Erase) -> None:
    assert ERASES[mode].endswith(".")
    assert ReleaseOptions.from_json(ReleaseOptions(mode).as_json()).erase is mode


def test_a_mode_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid) as caught:
        ReleaseOptions.from_json({"erase": "shred"})
    assert [(p.pointer, p.message) for p in caught.value.problems] == [
        ("/erase", "expected one of none, quick, secure, full")
    ]


WRONG = [
    (CommissionOptions(testing_scripts=("ok", "a b")), {"/testing_scripts/1"}),
    (CommissionOptions(commissioning_scripts=("none", "acme")), {"/commissioning_scripts"}),
    (CommissionOptions(skip_tests=True, testing_scripts=("ntp",)), {"/testing_scripts"}),
    (ScriptOptions(testing_scripts=("none",)), {"/testing_scripts"}),
    (ScriptOptions(script_parameters={"op": "deploy"}), {"/script_parameters/op"}),
    (ScriptOptions(script_parameters={"maas_auto_ipmi_user_password": "x"}),
     {"/script_parameters/maas_auto_ipmi_user_password"}),
    (CommissionOptions(testing_scripts=("a,b",), script_parameters={"skip_storage": "true"}),
     {"/testing_scripts/0", "/script_parameters/skip_storage"}),
]  # fmt: skip


@pytest.mark.parametrize(("options", "pointers"), WRONG)
def test_everything_that_is_wrong_is_named_and_no_value_is_repeated(options: ScriptOptions, pointers: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        check_scripts(options)
    assert {problem.pointer for problem in caught.value.problems} == pointers


def test_what_can_be_is_taken() -> None:
    for options in (EVERY, CommissionOptions(testing_scripts=("none",)), ScriptOptions(testing_scripts=("ntp",))):
        check_scripts(options)


def test_parameters_are_written_like_on_the_command_line() -> None:
    assert parse_parameters(["storage=sda", "internet-connectivity_url=https://a.example/?b=c"]) == {
        "storage": "sda", "internet-connectivity_url": "https://a.example/?b=c",
    }  # fmt: skip
    for wrong in ("storage", "=sda"):
        with pytest.raises(Invalid, match="not name=value"):
            parse_parameters([wrong])
