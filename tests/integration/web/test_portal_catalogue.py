"""The pages that show what MAAS has: what its scripts said of a machine, images, networks."""

import pytest

from gough.bootstrap import Application
from tests.integration.web.conftest import Client, serving
from tests.integration.web.portal_forms import words
from tests.support.site import Site


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def test_a_failed_script_stands_with_what_it_said_and_means(viewer: Client, site: Site) -> None:
    system_id = site.ready()
    site.maas.test(system_id)
    said = "<b>SMART</b>\nFAILURE: SMART tests have FAILED for: /dev/sda\n"
    site.region.report_script(system_id, "smartctl-validate", 1, said)
    here = f"/machines/{site.machine(system_id).id}"
    assert f'href="{here}/results"' in viewer.get(here).text
    listed = viewer.get(f"{here}/results")
    assert words(listed).index("Commissioning") < words(listed).index("Testing") < words(listed).index("smartctl")
    assert f'href="{here}/results/smartctl-validate"' in listed.text
    one = viewer.get(f"{here}/results/smartctl-validate")
    assert "&lt;b&gt;SMART&lt;/b&gt;" in one.text and "exit status 1" in words(one)
    assert "Replace the disk" in words(one)
    passed = viewer.get(f"{here}/results/maas-lshw")
    assert passed.status_code == 200 and "Next:" not in words(passed)


def test_of_a_long_output_the_end_is_shown_with_the_way_to_all_of_it(viewer: Client, site: Site) -> None:
    system_id = site.ready()
    site.maas.test(system_id)
    site.region.report_script(system_id, "smartctl-validate", 1, "first words\n" + "x" * 300_000 + "\nlast words\n")
    page = words(viewer.get("/machines/web-1/results/smartctl-validate"))
    assert "last words" in page and "first words" not in page
    assert "gough machine results web-1 --output smartctl-validate" in page


def test_what_is_not_there_and_a_region_that_is_down_say_so(viewer: Client, site: Site) -> None:
    site.ready()
    missing = viewer.get("/machines/web-1/results/none-such")
    assert missing.status_code == 404 and "It has results of" in words(missing)
    site.region.intercept = lambda *_: (503, "starting")
    for path in ("/machines/web-1/results", "/machines/web-1/results/maas-lshw"):
        page = viewer.get(path)
        assert page.status_code == 200 and 'role="alert"' in page.text and "503 starting" in words(page), path


def test_images_and_networks_are_shown_and_come_as_files(viewer: Client, site: Site) -> None:
    images = viewer.get("/images")
    assert "ubuntu/noble" in words(images) and "amd64" in words(images)
    assert viewer.get("/images?format=csv").text.startswith("image,architecture,kernels,region\r\n")
    subnet = site.maas.subnets()[0]
    networks = viewer.get("/networks")
    assert subnet.cidr in words(networks) and subnet.fabric in words(networks)
    lines = viewer.get("/networks?format=csv").text.splitlines()
    assert any(subnet.cidr in line for line in lines[1:])


def test_a_region_that_is_down_is_named_above_what_the_others_have(viewer: Client, site: Site) -> None:
    site.region.intercept = lambda *_: (503, "starting")
    for path in ("/images", "/networks"):
        page = viewer.get(path)
        assert page.status_code == 200 and "MAAS region lab" in words(page)
