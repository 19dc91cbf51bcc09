"""`gough machine …` and `gough region …`: what is printed, what is asked for, the exit codes."""

import json
from pathlib import Path

import pytest

from gough.cli.local import machines as local_machines
from gough.domain.machine_status import MachineStatus as Status
from gough.services import jobs, lifecycle
from tests.integration.cli.conftest import Gough
from tests.support.site import Site

SMART = "smartctl-validate"


def presses(site: Site) -> list[str]:
    return [button for button, _ in site.power.pressed]


def test_short_operations_say_what_maas_says_afterwards(gough: Gough, site: Site) -> None:
    site.in_service()
    assert gough("machine", "power", "query", "web-1").out == "web-1: power queried. MAAS says Deployed, power on.\n"
    assert gough("machine", "lock", "web-1").code == 0
    refused = gough("machine", "release", "web-1", "--confirm", "web-1")
    assert (refused.code, "gough machine unlock web-1" in refused.err) == (5, True)
    assert gough("machine", "unlock", "web-1").out == "web-1: unlocked in MAAS. MAAS says Deployed, power on.\n"


@pytest.mark.parametrize("verb", [("power", "off"), ("rescue",), ("abort",), ("mark-broken",), ("test",)])
def test_what_disturbs_a_machine_in_service_wants_its_name(gough: Gough, site: Site, verb: tuple[str, ...]) -> None:
    system_id, _ = site.in_service()
    before = presses(site)
    asked = gough("machine", *verb, "web-1")
    assert asked.code == 2 and "web-1 is in service" in asked.err and "--confirm web-1" in asked.err
    assert gough("machine", *verb, "web-1", "--confirm", "web-2").code == 2
    assert presses(site) == before and site.region.status(system_id) is Status.DEPLOYED
    assert gough("machine", *verb, "web-1", "--confirm", "web-1").code == (5 if verb == ("abort",) else 0)


def test_a_machine_that_nobody_uses_is_switched_off_without_a_question(gough: Gough, site: Site) -> None:
    site.ready()
    assert gough("machine", "power", "off", "web-1").code == 0
    assert gough("machine", "power", "off", "web-1", "--confirm", "web-2").code == 2


def test_a_machine_that_nobody_uses_is_tested_without_a_question(gough: Gough, site: Site) -> None:
    site.ready()
    assert gough("machine", "test", "web-1", "--confirm", "web-2").code == 2
    assert gough("machine", "test", "web-1").out.startswith("job_")


def test_what_scripts_said_is_read_from_maas_newest_first(gough: Gough, site: Site) -> None:
    system_id = site.ready()
    site.maas.test(system_id)
    site.region.pxe_boot(system_id)
    site.region.report_script(system_id, SMART, 1, "reading sda\nbad sector\n")
    site.maas.test(system_id)
    table = gough("machine", "results", "web-1")
    rows = [line.split() for line in table.out.splitlines()]
    assert rows[0] == ["NAME", "KIND", "STATUS", "EXIT", "STATUS", "DEVICE"]
    assert rows[1:3] == [[SMART, "testing", "Pending", "-", "-"], [SMART, "testing", "Failed", "1", "-"]]
    assert rows[-1][1:] == ["commissioning", "Passed", "0", "-"]
    found = json.loads(gough("machine", "results", "web-1", "-o", "json").out)
    assert [len(found), set(found[0])] == [len(rows) - 1, {"name", "kind", "status", "exit_status", "device"}]


def test_one_scripts_whole_output_is_printed(gough: Gough, site: Site) -> None:
    system_id = site.ready()
    site.maas.test(system_id)
    site.region.pxe_boot(system_id)
    site.region.report_script(system_id, SMART, 1, "reading sda\nbad sector")
    printed = gough("machine", "results", "web-1", "--output", SMART)
    assert printed.out == "reading sda\nbad sector\n"
    assert "disk-failing: A disk reports" in printed.err and "do: Replace the disk" in printed.err
    site.maas.test(system_id)
    assert gough("machine", "results", "web-1", "--output", SMART).out == (
        f"---- {SMART} (testing): Pending, exit - ----\n"
        f"---- {SMART} (testing): Failed, exit 1 ----\nreading sda\nbad sector\n"
    )
    unknown = gough("machine", "results", "web-1", "--output", "fsck")
    assert unknown.code == 4 and "no result of a script 'fsck'" in unknown.err and SMART in unknown.err
    site.region.intercept = lambda *_: (503, "starting")
    assert gough("machine", "results", "web-1").code == 6


def test_options_of_commissioning_testing_and_releasing_reach_their_jobs(gough: Gough, site: Site) -> None:
    def asked(*words: str) -> dict[str, object]:
        """The parameters of the job; it is ended before anything is done."""
        begun = gough("machine", *words)
        assert begun.code == 0, begun.err
        job = jobs.cancel(site.use, begun.out.strip(), by="ada")
        site.settle()
        return job.parameters

    site.in_service()
    erased = asked("release", "web-1", "--confirm", "web-1", "--erase-mode", "quick")
    assert erased["erase"] == "quick"
    assert asked("release", "web-1", "--confirm", "web-1", "--erase")["erase"] == "full"
    assert "erase" not in asked("release", "web-1", "--confirm", "web-1")
    wrong = gough("machine", "release", "web-1", "--confirm", "web-1", "--erase-mode", "shred")
    assert wrong.code == 2 and "none, quick, secure, full" in wrong.err
    site.ready("web-2")
    assert asked("test", "web-2", "--testing-script", "ntp", "--script-parameter", "storage=sda", "--enable-ssh") == {
        "testing_scripts": ["ntp"], "script_parameters": {"storage": "sda"}, "enable_ssh": True,
    }  # fmt: skip
    assert asked("commission", "web-2", "--skip-tests", "--skip-storage", "--commissioning-script", "none") == {
        "skip_tests": True, "skip_storage": True, "commissioning_scripts": ["none"],
    }  # fmt: skip
    assert gough("machine", "test", "web-2", "--script-parameter", "storage").code == 2
    assert gough("machine", "test", "web-2", "--testing-script", "none").code == 2


def test_a_machine_is_redeployed_with_an_earlier_version(gough: Gough, site: Site, tmp_path: Path) -> None:
    site.ready()
    first = gough("machine", "redeploy", "web-1")
    assert first.code == 5 and "was not deployed from a template" in first.err
    template = tmp_path / "library" / "plain" / "template.yaml"
    template.write_text(template.read_text() + "description: changed\n")
    assert gough("template", "import", str(tmp_path / "library")).code == 0
    begun = gough("machine", "deploy", "web-1", "plain@2").out.strip()
    jobs.cancel(site.use, begun, by="ada")
    site.settle()
    assert gough("machine", "redeploy", "web-1", "--previous", "--version", "1").code == 2
    again = gough("machine", "redeploy", "web-1", "--version", "1")
    assert site.job(again.out.strip()).parameters["template"] == "plain@1"


def test_what_maas_keeps_of_a_machine_is_set(gough: Gough, site: Site) -> None:
    site.region.core.pools.add("batch")
    system_id = site.ready()
    done = gough(
        "machine", "set", "web-1", "--hostname", "db-1", "--pool", "batch", "--add-tag", "gpu", "--add-tag", "ssd"
    )
    assert done.out == "db-1: pool batch, zone default, tags gpu, ssd.\n"
    assert gough("machine", "set", "db-1", "--remove-tag", "gpu").out.endswith("tags ssd.\n")
    assert site.region.snapshot(system_id).hostname == "db-1"
    assert gough("machine", "set", "db-1").code == 2
    wrong = gough("machine", "set", "db-1", "--zone", "moon")
    assert wrong.code == 2 and "/zone" in wrong.err


def test_options_of_a_deployment_reach_its_job_and_wrong_ones_are_all_named(gough: Gough, site: Site) -> None:
    site.ready()
    wrong = gough("machine", "deploy", "web-1", "plain", "--storage-layout", "raid", "--link", "eth0=dmz,static")
    assert wrong.code == 2 and "/storage_layout" in wrong.err and "/links/0/ip_address" in wrong.err
    given = ["--kernel", "ga-24.04", "--storage-layout", "lvm", "--tag", "gpu", "--tag", "ssd", "--pool", "default",
             "--zone", "default", "--lock", "--link", "eth0=10.64.0.0/16,static,10.64.9.9"]  # fmt: skip
    job_id = gough("machine", "deploy", "web-1", "plain", "-v", "greeting=hi", *given).out.strip()
    with site.database.read() as session:
        options = jobs.find(session, job_id).parameters["options"]
    link = {"interface": "eth0", "subnet": "10.64.0.0/16", "mode": "static", "ip_address": "10.64.9.9"}
    assert options == {
        "kernel": "ga-24.04", "storage_layout": "lvm", "links": [link], "tags": ["gpu", "ssd"], "pool": "default",
        "zone": "default", "lock": True,
    }  # fmt: skip


def test_somebody_elses_machine_is_adopted_or_taken_with_a_word_more(gough: Gough, site: Site) -> None:
    system_id, alice = site.ready(), site.maas_of(site.region.add_user("alice", admin=True))
    alice.allocate(system_id, agent_name="")
    alice.deploy(system_id, series="ubuntu/noble", user_data=b"#cloud-config\n")
    site.boots_installed(system_id)
    site.settle()
    refused = gough("machine", "release", "web-1", "--confirm", "web-1")
    assert refused.code == 5 and "belongs to alice" in refused.err and "--not-ours" in refused.err
    assert gough("machine", "power", "off", "web-1").code == 5
    assert gough("machine", "power", "off", "web-1", "--not-ours").code == 0
    adopted = gough("machine", "adopt", "web-1")
    assert adopted.out.startswith("curl ") and adopted.out.count("\n") == 1 and "Job: job_" in adopted.err
    script = gough("machine", "adopt", "web-1", "--script")
    assert script.out.startswith("#!/bin/sh") and "ENROLMENT_TOKEN=" in script.out


def test_a_region_is_shown_and_changed(gough: Gough, site: Site, tmp_path: Path) -> None:
    site.ready()
    shown = json.loads(gough("region", "show", "lab", "-o", "json").out)
    assert (shown["machines"], shown["health"], shown["feed"]) == (1, "ok", "off")
    (tmp_path / "key").write_text(site.region.api_key)
    (tmp_path / "password").write_text("open sesame\n")
    assert gough("region", "set", "lab").code == 2
    limited = gough("region", "set", "lab", "--max-in-flight", "1")
    assert limited.out.endswith("lab: at most 1 jobs at once.\n") and site.region_row().max_in_flight == 1
    assert gough("region", "set", "lab", "--max-in-flight", "-1").code == 2
    assert gough("region", "set", "lab", "--key-file", str(tmp_path / "key")).code == 0
    assert gough("region", "set", "lab", "--feed-user", "gough").code == 2
    changed = gough("region", "set", "lab", "--feed-user", "gough", "--feed-password-file", str(tmp_path / "password"))
    assert changed.code == 0 and site.region_row().feed_username == "gough"
    assert "sesame" not in gough("region", "show", "lab").out
    (tmp_path / "key").write_text("a:b:wrong")
    refused = gough("region", "set", "lab", "--key-file", str(tmp_path / "key"))
    assert refused.code == 1 and site.use.sealer.open_text(site.region_row().api_key_sealed) == site.region.api_key


def test_on_the_host_a_timeline_is_followed_from_its_newest_events_on(here: Gough, site: Site) -> None:
    site.ready()
    before = json.loads(here("machine", "timeline", "web-1", "-o", "json").out)
    rows = local_machines.following("web-1", 1)
    assert next(rows) == before[-1]
    job = lifecycle.commission(site.use, "web-1", by="ada")
    assert next(rows)["actor"] == "ada"
    jobs.cancel(site.use, job.id, by="bob")
    assert next(rows)["actor"] == "bob"
