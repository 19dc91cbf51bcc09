"""The shapes of a real server's answers, where they are at hand: the emulator has them, the client reads them all."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from gough.adapters.fleet import models, site_models

from .harness import Lab

CVE = "CVE-2026-0001"
SERVED = (
    "activities", "config", "host_summary", "hosts", "hosts/count", "hosts/identifier/{identifier}", "hosts/{id}",
    "hosts/{id}/health", "labels", "labels/summary", "labels/{id}", "labels/{id}/hosts", "me", "os_versions",
    "policies/count", "reports", "reports/{id}", "reports/{id}/report", "software/versions", "software/versions/{id}",
    "users", "users/{id}", "version", "vulnerabilities", "vulnerabilities/{cve}",
)  # fmt: skip
READ: dict[str, TypeAdapter[Any]] = {
    "activities": site_models.ACTIVITIES,
    "config": site_models.CONFIGURATION,
    "hosts": models.HOSTS,
    "hosts/count": models.COUNT,
    "hosts/{id}": models.HOST,
    "hosts/identifier/{identifier}": models.HOST,
    "labels": site_models.LABELS,
    "labels/{id}": site_models.LABEL,
    "labels/{id}/hosts": models.HOSTS,
    "me": models.USER,
    "reports": site_models.QUERIES,
    "reports/{id}": site_models.QUERY,
    "reports/{id}/report": site_models.REPORT,
    "software/versions": site_models.SOFTWARE,
    "users/{id}": models.USER,
    "version": models.VERSION,
    "vulnerabilities": site_models.VULNERABILITIES,
    "fleets/{id}/policies": models.POLICIES,
}


@pytest.fixture
def lived_in(lab: Lab) -> Lab:
    """A server with something of everything."""
    lab.target.policy("SELECT 1 FROM deb_packages WHERE name = 'no-such-shell'")
    lab.target.query("SELECT hostname FROM system_info", interval=60)
    lab.client.create_label("by hand", hosts=[])
    virtual, _ = lab.target.host()
    lab.fleet.publish(CVE, "openssl", virtual.machine.packages["openssl"])
    return lab


@pytest.mark.parametrize("path", SERVED)
def test_the_emulator_answers_as_the_schema_says(lived_in: Lab, schemas: dict[str, Any], path: str) -> None:
    (host,) = lived_in.client.hosts()
    software = next(iter(lived_in.client.software())).id
    ids = {"software/versions/{id}": str(software)}
    asked = path.replace("{identifier}", host.uuid).replace("{cve}", CVE).replace("{id}", ids.get(path, "1"))
    answer = lived_in.target.http("GET", asked)
    assert answer.status_code == 200, answer.text
    jsonschema.Draft202012Validator(schemas[path]).validate(answer.json())


def test_nothing_that_the_emulator_serves_goes_unchecked(lived_in: Lab, schemas: dict[str, Any]) -> None:
    """A path that somebody adds has to be in the table above."""
    for path in sorted(set(schemas) - set(SERVED)):
        asked = path.replace("{cve}", CVE).replace("{identifier}", "x")
        for name in ("id", "report_id"):
            asked = asked.replace(f"{{{name}}}", "1")
        status = lived_in.target.http("GET", asked).status_code
        assert status in {402, 404}, f"{path} is served and not checked"


@pytest.mark.parametrize("path", READ)
def test_the_client_reads_everything_the_schema_allows(schemas: dict[str, Any], path: str) -> None:
    answers = list(variants(schemas[path], schemas[path]["components"]))
    assert answers
    for answer in answers:
        jsonschema.Draft202012Validator(schemas[path]).validate(answer)
        READ[path].validate_python(answer)


def variants(schema: dict[str, Any], components: dict[str, Any]) -> Iterator[Any]:
    """Answers at the edges of a schema: everything there, only what is required, null wherever it may be."""
    for full, nulls in ((True, ""), (False, ""), (True, "everywhere"), (True, "values")):
        yield example(schema, components, full=full, nulls=nulls)


def example(schema: dict[str, Any], components: dict[str, Any], *, full: bool, nulls: str) -> Any:
    if "$ref" in schema:
        schema = components["schemas"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "null")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    kind = next((each for each in kinds if each != "null"), "null")
    is_value = kind not in {"object", "array"}
    if kind == "null" or ("null" in kinds and (nulls == "everywhere" or (nulls == "values" and is_value))):
        return None
    if kind == "object":
        required = schema.get("required", [])
        wanted = {name: each for name, each in schema.get("properties", {}).items() if full or name in required}
        shown = {name: example(each, components, full=full, nulls=nulls) for name, each in wanted.items()}
        return shown | ({"a_field_of_tomorrow": "words"} if full else {})
    if kind == "array":
        return [example(schema["items"], components, full=full, nulls=nulls)] if full and "items" in schema else []
    text = "2026-06-01T12:00:00.123456Z" if schema.get("format") == "date-time" else "words"
    return {"string": text, "integer": 7, "number": 0.5, "boolean": True}[kind]
