"""What is wished of a deployment besides its template: looked at before anything is changed, then applied."""

from typing import Any

import pytest

from gough.domain.deploy_options import DeployOptions, InterfaceLink, parse_link
from gough.domain.errors import Invalid
from gough.services import lifecycle
from tests.support.site import Site

SUBNET = "10.64.0.0/16"


def deploy(site: Site, system_id: str, **wished: Any) -> str:
    plan = lifecycle.Plan("plain", options=DeployOptions(**wished))
    return lifecycle.deploy(site.use, system_id, plan, by="operator").id


@pytest.fixture
def system_id(site: Site) -> str:
    site.region.core.pools.add("batch")
    site.region.core.zones.add("az2")
    return site.ready()


def test_a_machine_is_made_as_wished_before_it_is_installed(site: Site, system_id: str) -> None:
    link = InterfaceLink("eth0", SUBNET, "static", "10.64.9.9")
    job_id = deploy(
        site, system_id, pool="batch", zone="az2", tags=("gpu", "rack-7"), storage_layout="lvm", kernel="ga-24.04",
        links=(link,), lock=True,
    )  # fmt: skip
    site.settle()
    seen = site.maas.machine(system_id)
    assert (seen.pool, seen.zone, set(seen.tags), seen.hwe_kernel) == ("batch", "az2", {"gpu", "rack-7"}, "ga-24.04")
    linked = [(one.mode, one.subnet, one.ip_address) for one in site.maas.interfaces(system_id)[0].links]
    assert linked == [("static", SUBNET, "10.64.9.9")]
    assert not seen.locked, "a machine that is being installed has to stay in our hands"
    site.comes_up(system_id)
    site.settle()
    assert site.machine(system_id).service == "in_service"
    assert site.maas.machine(system_id).locked and site.job(job_id).state == "done"
    operations = [op for (op, machine), _ in site.region.calls.items() if machine == system_id]
    assert operations.index("set_storage_layout") < operations.index("deploy") < operations.index("lock")


@pytest.mark.parametrize(
    ("wished", "pointer", "known"),
    [
        ({"pool": "none"}, "/pool", "batch"),
        ({"zone": "none"}, "/zone", "az2"),
        ({"kernel": "ga-1.0"}, "/kernel", "ga-24.04"),
        ({"links": (InterfaceLink("eth9", SUBNET),)}, "/links/0/interface", "eth0"),
        ({"links": (InterfaceLink("eth0", "10.1.0.0/24"),)}, "/links/0/subnet", SUBNET),
    ],
)
def test_what_the_region_does_not_have_ends_the_deployment_before_maas_is_told_anything(
    site: Site, system_id: str, wished: dict[str, Any], pointer: str, known: str
) -> None:
    job_id = deploy(site, system_id, **wished)
    site.settle()
    evidence = str(site.diagnosis(job_id)["evidence"])
    assert site.diagnosis(job_id)["stage"] == "validate" and pointer in evidence and known in evidence
    assert not site.region.calls["allocate", system_id]


def test_what_can_never_be_is_refused_at_once_with_everything_that_is_wrong(site: Site, system_id: str) -> None:
    with pytest.raises(Invalid) as caught:
        deploy(
            site, system_id, storage_layout="raid", tags=("a b",),
            links=(InterfaceLink("eth0", "", "static"), InterfaceLink("eth0", "x", "dhcp", "10.0.0.1")),
        )  # fmt: skip
    assert {p.pointer for p in caught.value.problems} == {
        "/storage_layout", "/tags/0", "/links/0/subnet", "/links/0/ip_address", "/links/1/ip_address", "/links",
    }  # fmt: skip


def test_links_are_written_like_on_the_command_line() -> None:
    assert parse_link("eth0=10.0.0.0/24") == InterfaceLink("eth0", "10.0.0.0/24", "auto")
    assert parse_link("52:54:00:00:00:01=dmz,static,10.0.0.7") == InterfaceLink(
        "52:54:00:00:00:01", "dmz", "static", "10.0.0.7"
    )
    for wrong in ("eth0", "eth0=a,b,c,d"):
        with pytest.raises(Invalid):
            parse_link(wrong)


def test_a_crash_between_two_wishes_repeats_them_and_deploys_once(site: Site, system_id: str) -> None:
    deploy(site, system_id, pool="batch", tags=("gpu",), links=(InterfaceLink("eth0", SUBNET),))
    site.answers(503, "busy", to="deploy")
    site.settle()
    site.region.intercept = None
    site.clock.forward(seconds=60)
    site.settle()
    assert site.region.calls["deploy", system_id] == 1
    assert site.maas.machine(system_id).tags == ("gpu",)
