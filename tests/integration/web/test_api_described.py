"""The API describes itself: the description is valid, complete, always the same, and can be read as a page."""

import re
import subprocess
import sys

import httpx
import orjson
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from gough.domain.permissions import Permission
from gough.web import contract, openapi
from gough.web.declaration import REGISTRY, File, Query, operation
from gough.web.examples import example_of
from gough.web.guard import Guard
from gough.web.message import Answer
from tests.integration.web.conftest import Client


def test_the_description_is_openapi_3_1(outsider: Client) -> None:
    answer = outsider.get("/openapi.json")
    validate(answer.json(), cls=OpenAPIV31SpecValidator)
    tag = {"If-None-Match": answer.headers["etag"]}
    assert outsider.get("/openapi.json", headers=tag).status_code == 304


def test_every_operation_for_programs_is_described_once_with_what_it_answers(guard: Guard) -> None:
    described = openapi.described()
    found = [(path, method, each) for path, ways in described["paths"].items() for method, each in ways.items()]
    assert len(found) == len(openapi.operations()) > 55
    assert len({each["operationId"] for _, _, each in found}) == len(found)
    for path, method, each in found:
        here = f"{method} {path}"
        assert each["summary"] and each["x-permission"], here
        assert any(status < "300" for status in each["responses"]), here
        assert "requestBody" in each or method in ("get", "delete"), here
        assert {"400", "422", "503"} <= set(each["responses"]), here
        names = set(re.findall(r"{(\w+)}", path))
        assert names == {p["name"] for p in each["parameters"] if p["in"] == "path"}, here
    api = {o.path for o in REGISTRY.values() if o.path.startswith("/api/")}
    assert api <= {re.sub(r"{(\w+)}", r"<\1>", path) for path, _, _ in found}


def test_every_form_has_a_name_of_its_own(guard: Guard) -> None:
    """Two of one name are told apart by their modules or directions, which generators of clients stumble over."""
    names = openapi.described()["components"]["schemas"]
    assert len(names) > 90 and [name for name in names if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name)] == []


def test_everything_has_an_example_that_is_valid_by_its_own_schema(guard: Guard) -> None:
    described = openapi.described()
    schemas = {"components": {"schemas": described["components"]["schemas"]}}
    wrong, binary = [], set()
    for path, ways in described["paths"].items():
        for method, each in ways.items():
            assert all("example" in part for part in each["parameters"] if part["in"] == "path"), path
            good = {status: shown for status, shown in each["responses"].items() if status < "300"}
            for where, holder in {"body": each.get("requestBody", {}), **good}.items():
                for kind, content in holder.get("content", {}).items():
                    if "example" not in content and kind != contract.PROBLEM:
                        binary.add(path)
                    if "json" in kind and "example" in content:
                        checker = Draft202012Validator({**content["schema"], **schemas})
                        faults = [error.message for error in checker.iter_errors(content["example"])]
                        wrong += [(method, path, where, fault) for fault in faults]
    assert wrong == []
    assert binary == {"/agent/{name}"}


def test_an_example_is_what_the_server_itself_would_answer_and_take(guard: Guard) -> None:
    """The schema does not say all that the models check."""
    for each in openapi.operations():
        for shown in (each.gives or {}).values():
            if isinstance(shown, type):
                shown.model_validate_json(orjson.dumps(example_of(shown, whole=True)), strict=True)
        if isinstance(each.body, type):
            each.body.model_validate_json(orjson.dumps(example_of(each.body, whole=False)))


def test_the_description_is_the_same_in_every_process(guard: Guard) -> None:
    program = (
        "import sys; from importlib import import_module; from gough.web import openapi, wsgi\n"
        "[import_module(name) for name in wsgi.OPERATIONS]; sys.stdout.buffer.write(openapi.document())"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    assert orjson.loads(there) == openapi.described()
    assert there == openapi.document()


def test_it_can_be_read_as_a_page_without_anything_from_elsewhere(outsider: Client) -> None:
    page = outsider.get("/docs")
    assert page.status_code == 200 and "machines_deploy" in page.text
    assert "<script" not in page.text and "style=" not in page.text
    assert set(re.findall(r'(?:src|href)="([^"#][^"]*)"', page.text)) == {"/static/portal.css", "/openapi.json"}


@pytest.mark.parametrize(
    ("route", "more", "missing"),
    [
        ("GET /api/v1/x", {}, "declares no answer"),
        ("POST /api/v1/x", {"gives": {204: None}}, "declares no body"),
        ("POST /api/v1/x", {"gives": {204: None}, "body": File((), {}), "body_limit": 0}, "no limit of its body"),
        ("GET /api/v1/x", {"gives": {204: None}, "permission": None}, "declares no permission"),
        ("GET /api/v1/jobs", {"gives": {204: None}}, "declared twice"),
    ],
)  # fmt: skip
def test_a_declaration_that_lacks_something_does_not_load(
    guard: Guard, route: str, more: dict[str, object], missing: str
) -> None:
    given = {"permission": Permission.VIEW, "summary": "Nothing.", **more}
    with pytest.raises(TypeError, match=missing) as raised:
        operation(route, **given)(lambda _request: Answer())  # type: ignore[arg-type]
    assert route in str(raised.value)
    assert ("GET", "/api/v1/x") not in REGISTRY


def test_an_undeclared_answer_is_loud_with_debug(guard: Guard, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    known = REGISTRY["GET", "/api/v1/jobs/paused"]
    kept = known.handler
    for handler in (lambda _request: Answer(201), lambda _request: httpx.get("not a URL")):
        object.__setattr__(known, "handler", handler)
        try:
            with pytest.raises(Exception, match="GET /api/v1/jobs/paused answered"):
                viewer.get("/api/v1/jobs/paused")
        finally:
            object.__setattr__(known, "handler", kept)


def test_an_unknown_parameter_is_refused_by_every_operation(guard: Guard, admin: Client) -> None:
    for each in openapi.operations():
        if each.method != "GET" or each.path == "/adopt":
            continue
        answer = admin.get(re.sub(r"<\w+>", "none", each.path), params={"nonsense": "1"})
        assert answer.status_code == 422, each.path
        assert "?nonsense" in [e["pointer"] for e in answer.json()["errors"]], each.path
        assert issubclass(each.query, Query)
