"""A deployment from the request to in service, the test playing the machine."""

from tests.support.site import Site


def test_a_machine_gets_in_service_with_exactly_one_deploy(site: Site) -> None:
    system_id, job_id = site.deploying()
    assert site.steps(job_id)["install"] == "running"
    site.comes_up(system_id)
    site.settle()
    assert site.job(job_id).state == "done"
    assert site.machine(system_id).service == "in_service"
    assert {op: n for (op, _), n in site.region.calls.items()} == {
        "commission": 1, "allocate": 1, "set_owner_data": 1, "deploy": 1,
    }  # fmt: skip
