"""`gough api`: any operation, on the host and against a server."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gough.services import lifecycle
from tests.integration.cli.conftest import Gough
from tests.support.site import Site


def test_what_is_read_is_printed_as_it_is(gough: Gough, site: Site) -> None:
    site.ready()
    whole = gough("api", "get", "/api/v1/machines/web-1")
    assert whole.code == 0 and json.loads(whole.out)["hostname"] == "web-1"
    assert json.loads(gough("api", "GET", "machines/web-1").out)["hostname"] == "web-1"
    shown = gough("api", "GET", "machines/web-1", "-i")
    head, _, body = shown.out.replace("\r", "").partition("\n\n")
    assert head.splitlines()[0].endswith("200 OK") and "etag: " in head.lower() and json.loads(body)["job"] is None
    assert "openapi" in json.loads(gough("api", "GET", "/openapi.json").out)


def test_fields_are_a_query_or_a_body(gough: Gough, site: Site) -> None:
    site.ready()
    found = json.loads(gough("api", "GET", "machines", "-f", "status=ready", "-F", "limit=1", "-f", "fields=id").out)
    assert [list(each) for each in found["items"]] == [["id"]]
    variables = 'variables={"greeting": "hi"}'
    begun = gough("api", "POST", "machines/web-1/deploy", "-f", "template=plain", "-F", variables, "-F", "lock=true")
    job = json.loads(begun.out)
    assert job["parameters"]["options"]["lock"] is True and job["parameters"]["template"] == "plain@1"
    site.ready("web-2")
    many = gough(
        "api", "POST", "machines/bulk", "-f", "action=test", "-F", 'selector={"q": "web-2"}', "-F", "dry_run=true"
    )
    assert [each["hostname"] for each in json.loads(many.out)["items"]] == ["web-2"]
    several = gough(
        "api", "POST", "machines/web-2/test", "-f", "testing_scripts=ntp", "-f", "testing_scripts=memtester"
    )
    assert json.loads(several.out)["parameters"] == {"testing_scripts": ["ntp", "memtester"]}


def test_a_body_is_read_from_a_file_or_from_here(gough: Gough, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"metadata": "name: mine\nseries: noble\n", "body": "#cloud-config\nfinal_message: hello\n"})
    (tmp_path / "body.json").write_text(body)
    checked = gough("api", "POST", "templates/validate", "--input", str(tmp_path / "body.json"))
    assert json.loads(checked.out)["valid"] is True
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body.encode())))
    assert json.loads(gough("api", "POST", "templates/validate", "--input", "-").out)["name"] == "mine"
    located = tmp_path / "places.csv"
    located.write_text("name,site\nweb-9,north\n")
    words = ("--input", str(located), "-F", "dry_run=true", "-H")
    assert (
        json.loads(gough("api", "POST", "machines/locations", *words, "content-type: text/csv").out)["unmatched"] == 1
    )
    assert gough("api", "POST", "machines/locations", *words, "Content-Type: text/plain").code == 2


def test_all_pages_are_one_list(gough: Gough, site: Site) -> None:
    for number in range(5):
        site.ready(f"web-{number}")
    found: list[dict[str, Any]] = json.loads(gough("api", "GET", "machines", "-F", "limit=2", "--paginate").out)
    assert [each["hostname"] for each in found] == [f"web-{number}" for number in range(5)]
    assert gough("api", "GET", "machines", "-f", "q=nothing like it", "--paginate").out == "[]\n"
    for path in ("machines/web-1", "/docs", "/agent/install.sh"):
        assert gough("api", "GET", path, "--paginate").code in (2, 4), path
    assert gough("api", "POST", "machines/bulk", "--paginate").code == 2


def test_an_error_is_printed_told_and_has_its_exit_code(gough: Gough, site: Site) -> None:
    missing = gough("api", "GET", "machines/nothing")
    assert (missing.code, json.loads(missing.out)["code"]) == (4, "NOT_FOUND") and "error: " in missing.err
    site.ready()
    lifecycle.commission(site.use, "web-1", by="ada")
    assert gough("api", "POST", "machines/web-1/test").code == 5
    wrong = gough("api", "POST", "machines/web-1/deploy", "-f", "nonsense=1")
    assert wrong.code == 2 and "/nonsense" in wrong.err
    for words in (["-f", "novalue"], ["-F", "a={"], ["-H", "nothing"]):
        assert gough("api", "GET", "machines", *words).code == 2, words


def test_a_change_is_of_whatever_there_is_unless_an_etag_is_given(gough: Gough, site: Site) -> None:
    site.ready()
    words = ("api", "PATCH", "machines/web-1", "-F", 'add_tags=["gpu"]')
    assert json.loads(gough(*words).out)["tags"] == ["gpu"]
    stale = gough(*words, "-H", 'if-match: "an old one"')
    assert stale.code == 5 and json.loads(stale.out)["code"] == "STALE"


def test_on_the_host_it_is_the_person_who_runs_it(here: Gough, site: Site) -> None:
    site.ready()
    me = json.loads(here("api", "GET", "auth/me").out)
    assert (me["role"], me["via"]) == ("admin", "cli") and me["name"].endswith(" (cli)")
    here("api", "POST", "machines/web-1/lock")
    here("api", "POST", "users", "-f", "name=ada", "-f", "role=viewer")
    listed = json.loads(here("audit", "list", "-o", "json").out)
    assert [(row["action"], row["via"], row["actor"] == me["name"]) for row in listed] == [
        ("POST /api/v1/users", "cli", True), ("POST /api/v1/machines/<name>/lock", "cli", True),
    ]  # fmt: skip
    key = here("api", "POST", "api-keys", "-f", "name=ci", "-F", 'scopes=["view"]')
    assert key.code == 7 and "needs an account" in key.err


def test_nobody_is_somebody_by_a_header(guard: Any) -> None:
    """What names a caller inside the process is not a header's name."""
    import httpx

    with httpx.Client(transport=httpx.WSGITransport(guard), base_url="https://gough.example") as outsider:
        for name in ("gough.caller", "Gough-Caller", "gough_caller"):
            assert outsider.get("/api/v1/machines", headers={name: "ada"}).status_code == 401
