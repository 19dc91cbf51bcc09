"""The portal's templates: versions and where they run, comparing, trying; and what a deployment's form explains."""

from pathlib import Path

import pytest

from gough.bootstrap import Application
from gough.services import templates
from tests.integration.web.conftest import Client, serving
from tests.integration.web.portal_forms import faults, hidden, send, words
from tests.support.site import Site

SECOND = """
name: plain
series: noble
variables:
  - {name: greeting, default: hello}
  - {name: tls, type: bool, default: false}
  - {name: cert_path, required_when: {tls: true}}
  - {name: key, type: secret}
"""
BODY = (
    '#cloud-config\nfinal_message: "{{ greeting }} there"\nwrite_files:\n  - {path: /etc/key, content: "{{ key }}"}\n'
)


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def running(site: Site) -> str:
    """The id of a machine that runs plain@1."""
    return site.machine(site.in_service()[0]).id


@pytest.fixture
def second(site: Site, running: str, tmp_path: Path) -> None:
    folder = tmp_path / "library" / "plain"
    (folder / "template.yaml").write_text(SECOND)
    (folder / "user-data.yaml").write_text(BODY)
    templates.import_folder(site.use, folder.parent, by="ada")


def test_the_list_and_a_version_tell_what_runs_where(viewer: Client, second: None, running: str) -> None:
    assert "Version 2" in words(viewer.get("/templates")) and "1 on older versions" in words(viewer.get("/templates"))
    page = viewer.get("/templates/plain")
    for said in ("Version 2 , the newest", "by ada", "cert_path string required if tls is yes", "Default: hello"):
        assert said in words(page)
    versions = words(page).partition("where each runs")[2].partition("Files")[0]
    newest, _, first = versions.partition("Version 1")
    assert "no machine" in newest and "web-1" in first and "1 ×" in first
    assert 'href="/machines/web-1"' in page.text and "{{ greeting }} there" in page.text
    old = viewer.get("/templates/plain@1")
    assert "This is not the newest version" in words(old) and "there" not in old.text.partition("Files")[2]
    assert 'href="/templates/plain@1"' in viewer.get(f"/machines/{running}").text
    assert viewer.get("/templates/none").status_code == 404 and viewer.get("/templates/plain@9").status_code == 404
    assert "/try" not in page.text and viewer.get("/templates/plain/try").status_code == 403


def test_two_versions_are_compared(operator: Client, second: None) -> None:
    page = operator.get("/templates/plain/compare")
    assert "From version 1 to version 2" in words(page)
    assert '<span class="removed">-final_message: &#34;{{ greeting }}&#34;' in page.text
    assert '<span class="added">+final_message: &#34;{{ greeting }} there&#34;' in page.text
    assert '<span class="file">--- plain@1/user-data.yaml' in page.text
    assert "Nothing differs" in words(operator.get("/templates/plain/compare?from=2&to=2"))
    assert operator.get("/templates/plain/compare?from=7").status_code == 404
    assert operator.get("/templates/none/compare").status_code == 404


def test_a_version_is_compared_with_what_a_machine_runs(
    operator: Client, site: Site, second: None, running: str
) -> None:
    page = operator.get(f"/templates/plain/compare?machine={running}&to=2")
    assert "What version 2 would change on web-1" in words(page)
    assert "hello there" in page.text.partition('class="added"')[2]
    site.ready("web-2")
    bare = operator.get("/templates/plain/compare?machine=web-2&to=2")
    assert bare.status_code == 409 and "runs nothing that Gough has deployed" in words(bare)
    gone = operator.get("/templates/plain/compare?machine=none")
    assert gone.status_code == 404 and 'value="none"' in gone.text


def test_a_version_is_tried_for_a_machine_and_nothing_is_kept(operator: Client, site: Site, second: None) -> None:
    here = "/templates/plain@2/try"
    assert '<option value="web-1">' in operator.get(here).text
    wrong = send(operator, here, machine="", **{"v.tls": "true"})
    assert wrong.status_code == 422 and set(faults(wrong)) == {"machine"}
    wrong = send(operator, here, machine="web-1", **{"v.tls": "true"})
    assert wrong.status_code == 422 and "a value is required when tls is true" in faults(wrong)["v.cert_path"]
    made = send(operator, here, machine="web-1", **{"v.greeting": "good day", "v.key": "a secret of this test"})
    shown = made.text.partition('aria-label="Rendered user-data"')[2]
    assert made.status_code == 200 and "good day there" in shown and "a secret of this test" not in shown
    assert not site.timeline(site.machine(site.ready("web-3")).system_id, "person")


def test_a_deployments_form_marks_what_a_choice_makes_necessary_and_offers_what_is_known(
    operator: Client, site: Site, second: None
) -> None:
    system_id = site.ready("web-2")
    machine = site.machine(system_id)
    page = operator.get(f"/machines/{machine.id}/deploy?template=plain")
    assert "cert path required if tls is yes" in words(page)
    assert 'list="known-pool"' in page.text and 'list="known-kernel"' in page.text
    for name, value in (("pool", machine.pool), ("zone", machine.zone), ("series", "ubuntu/noble")):
        assert f'<datalist id="known-{name}"><option value="{value}">' in page.text
    bulk = operator.get(f"/bulk/new?action=deploy&id={machine.id}&template=plain")
    assert f'<datalist id="known-pool"><option value="{machine.pool}">' in bulk.text


def test_a_template_is_edited_in_a_plain_form(admin: Client, operator: Client, second: None) -> None:
    assert operator.get("/templates/plain/edit").status_code == 403
    page = admin.get("/templates/plain/edit")
    assert hidden(page, "base") == "plain@2" and "greeting }} there" in page.text
    given = {"f.template.yaml": SECOND, "f.user-data.yaml": "#cloud-config\r\nruncmd: [\r\n", "f.tests.yaml": ""}
    kept = {**given, "base": "plain@2", "note": "shorter"}

    checked = send(admin, "/templates/plain/edit", **kept, do="check")
    assert checked.status_code == 200 and "user-data.yaml:3" in words(checked)
    refused = send(admin, "/templates/plain/edit", **kept)
    assert refused.status_code == 422 and "The template cannot be used." in words(refused)
    assert "line 3, column 1" in words(refused) and "runcmd: [" in refused.text and 'value="shorter"' in refused.text
    more = send(admin, "/templates/plain/edit", **kept, do="part", part="users")
    assert 'name="f.parts/users.yaml"' in more.text

    kept["f.user-data.yaml"] = '#cloud-config\r\nfinal_message: "{{ greeting }}"\r\n'
    saved = send(admin, "/templates/plain/edit", **kept)
    assert (saved.status_code, saved.headers["Location"]) == (303, "/templates/plain@3")
    assert "shorter" in words(admin.get("/templates/plain"))
    assert "\r" not in admin.get("/api/v1/templates/plain").json()["body"]


def test_whoever_comes_second_is_told_and_may_go_on(admin: Client, second: None) -> None:
    given = {"f.template.yaml": SECOND, "f.user-data.yaml": "#cloud-config\nfinal_message: mine\n", "base": "plain@1"}
    told = send(admin, "/templates/plain/edit", **given)
    assert told.status_code == 409 and "ada has made plain@2 meanwhile" in words(told) and "mine" in told.text
    again = send(admin, "/templates/plain/edit", **{**given, "base": hidden(told, "base")})
    assert again.headers["Location"] == "/templates/plain@3"
