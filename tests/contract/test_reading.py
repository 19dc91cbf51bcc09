"""Reading a region: who am I, which machines are there, what are they like."""

from datetime import UTC, datetime

import pytest

from gough.adapters.maas import MaasClient
from gough.adapters.maas.dates import parse_date
from gough.domain.machine_status import MachineStatus

from .harness import Lab, Target


def test_the_region_tells_its_version(maas: MaasClient) -> None:
    assert maas.version().startswith("3.")


def test_the_key_belongs_to_somebody(maas: MaasClient) -> None:
    assert maas.whoami()


def test_the_url_works_with_and_without_its_trailing_slash(target: Target) -> None:
    for url in (target.url, target.url.rstrip("/")):
        client = MaasClient(url, target.api_key)
        assert client.version().startswith("3.")
        client.close()


def test_a_new_machine_is_among_the_ids(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine()
    assert system_id in maas.system_ids()


def test_a_machine_is_read_as_it_was_made(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine(mac_addresses="52:54:00:c0:ff:ee", hostname="gough-contract-mac")
    machine = maas.machine(system_id)
    assert (machine.system_id, machine.hostname) == (system_id, "gough-contract-mac")
    assert machine.fqdn.startswith("gough-contract-mac.")
    assert machine.status is MachineStatus.NEW
    assert machine.power_type == "manual"
    assert machine.architecture == "amd64/generic"
    assert machine.mac_addresses == ("52:54:00:c0:ff:ee",)
    assert (machine.owner, machine.locked, machine.owner_data) == ("", False, {})
    assert machine.serial == ""


def test_asking_for_no_machine_asks_nothing(maas: MaasClient) -> None:
    assert list(maas.machines([])) == []


def test_unknown_ids_are_left_out(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine()
    assert [machine.system_id for machine in maas.machines(["zzzzzz", system_id])] == [system_id]


def test_many_machines_are_asked_for_a_hundred_at_a_time(lab: Lab) -> None:
    ids = [lab.enlisted(f"node-{n}") for n in range(205)]
    asked: list[str] = []

    def count(method: str, path: str, op: str | None) -> None:
        asked.append(f"{method} {path}")

    lab.region.intercept = count
    assert {machine.system_id for machine in lab.maas.machines(ids)} == set(ids)
    assert asked == ["GET machines/"] * 3


def test_a_new_machine_has_no_script_results(target: Target, maas: MaasClient) -> None:
    assert maas.script_results(target.new_machine()) == []


def test_a_new_machine_is_allocated_to_nobody(target: Target, maas: MaasClient) -> None:
    assert not maas.is_allocated_as(target.new_machine(), "gough-contract-nobody")


def test_script_results_carry_their_output_only_when_asked(lab: Lab) -> None:
    system_id = lab.ready()
    silent = lab.maas.script_results(system_id)
    assert {result.output for result in silent} == {""}
    assert {result.kind for result in silent} == {"commissioning"}
    assert {result.status for result in silent} == {"Passed"}
    assert {result.exit_status for result in silent} == {0}
    lshw = next(r for r in lab.maas.script_results(system_id, include_output=True) if r.name == "maas-lshw")
    assert lshw.output == "output of maas-lshw"


def test_commissioned_hardware_is_read_in_its_units(lab: Lab) -> None:
    machine = lab.maas.machine(lab.ready())
    assert (machine.cpu_count, machine.memory_mib, machine.storage_mb) == (8, 16384, 64000.0)
    assert machine.serial == "SN-0815"
    assert machine.hardware_uuid.startswith("7f1c2d3e")


@pytest.mark.parametrize(
    "text",
    [
        "Sat, 07 Feb. 2026 08:09:10",
        "Sat, 07 Feb 2026 08:09:10 -0000",
        "2026-02-07T08:09:10",
        "2026-02-07T09:09:10+01:00",
    ],
)
def test_each_of_maas_date_formats_is_utc(text: str) -> None:
    assert parse_date(text) == datetime(2026, 2, 7, 8, 9, 10, tzinfo=UTC)


def test_what_is_no_date_is_refused() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        parse_date("yesterday")


def test_the_ids_are_read_without_the_secrets_beside_them(lab: Lab) -> None:
    system_id = lab.enlisted()
    assert "power_pass" in lab.target.http("GET", "machines/?op=power_parameters").text
    assert lab.maas.system_ids() == {system_id}


def test_a_deployed_machine_has_an_address(lab: Lab) -> None:
    machine = lab.maas.machine(lab.deployed())
    assert len(machine.ip_addresses) == 1
    assert machine.ip_addresses[0].startswith("10.64.")
