"""Whatever MAAS refuses, the error says what to do about it."""

from pathlib import Path

import httpx
import pytest

from gough.adapters.maas import hints
from gough.adapters.maas.errors import translate
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Refused, Unavailable

from .test_recordings import answers, as_response

CASES: list[tuple[int, str, type[GoughError], str]] = [
    (400, '{"__all__": ["Commission is not available because of the current state of the node."]}', Conflict, "status"),
    (400, '{"network": ["Node must be configured to use a network"]}', Invalid, "subnet"),
    (400, '{"distro_series": ["\'x\' is not a valid distro_series."]}', Invalid, "image"),
    (400, '{"architecture": ["\'sparc\' is not a valid architecture."]}', Invalid, "Images"),
    (400, '{"hwe_kernel": ["\'x\' is not a valid kernel."]}', Invalid, "kernel"),
    (400, '{"storage_layout": ["\'x\' is not a valid storage_layout."]}', Invalid, "disks"),
    (400, '{"testing_scripts": ["Select a valid choice."]}', Invalid, "Scripts"),
    (400, '{"tags": ["No such tag(s): \'x\'."]}', Invalid, "tag"),
    (400, '{"foo": ["No such constraint."]}', Invalid, "filter"),
    (400, '{"hostname": ["Node with this Hostname already exists."]}', Invalid, "another name"),
    (400, '{"mac_addresses": ["This field is required."]}', Invalid, "fields"),
    (400, '{"zone": ["Select a valid choice. That choice is not one of the available choices."]}', Invalid, "lists"),
    (400, "Unrecognised signature: method=POST op=None", Invalid, "MAAS_URL"),
    (400, "Unknown machine(s): zzzzzz.", Invalid, "deletions"),
    (400, '{"start_ip": ["Requested range conflicts with an existing range."]}', Invalid, "addresses"),
    (400, "This is the default pool, it cannot be deleted.", Invalid, "Correct"),
    (401, "Authorization Error", Refused, "clock"),
    (403, "", Refused, "locked"),
    (404, "No Machine matches the given query.", NotFound, "deleted"),
    (404, "<html><title>Page not found</title></html>", NotFound, "MAAS_URL"),
    (405, "Method not allowed", Refused, "MAAS_URL"),
    (408, "Request timeout", Unavailable, "load"),
    (409, "No available machine matches constraints: [('name', ['x'])]", Conflict, "owns"),
    (409, "Can't start node: it hasn't been allocated.", Conflict, "Deploy"),
    (409, "Machine is already locked", Conflict, "Nothing to do"),
    (409, "Can't lock, node is not deployed or deploying", Conflict, "deployed"),
    (409, "Can't mark a non-broken node as 'Ready'.", Conflict, "Broken"),
    (409, "Can't deploy a machine that is in the 'Deployed' state", Conflict, "release"),
    (410, "Gone", Refused, "API 2.0"),
    (429, "Too many requests", Unavailable, "limits"),
    (502, "Bad gateway", Unavailable, "proxy"),
    (503, "No rack controllers can access the BMC of node x", Unavailable, "rack controller"),
    (503, "IP address checks failed after 2 retries", Unavailable, "subnet"),
    (503, "Service unavailable", Unavailable, "load"),
    (504, "Unexpected exception: TimeoutError. See /var/log/maas/regiond.log", Unavailable, "cold restart"),
    (504, "Gateway timeout", Unavailable, "in time"),
]


@pytest.mark.parametrize(("status", "body", "kind", "todo"), CASES)
def test_a_refusal_says_what_to_do(status: int, body: str, kind: type[GoughError], todo: str) -> None:
    error = translate(httpx.Response(status, text=body), str)
    assert type(error) is kind
    assert todo in error.hint and error.hint != kind.default_hint


def test_every_line_of_the_table_is_the_first_to_fit_some_refusal_above() -> None:
    told = {translate(httpx.Response(status, text=body), str).hint for status, body, _, _ in CASES}
    assert [hint for _, _, hint in hints._HINTS if hint not in told] == []


def test_every_recorded_refusal_has_a_hint_of_its_own(recordings: Path) -> None:
    without = [
        name
        for name, _, response in answers(recordings)
        if response["status"] in {400, 401, 403, 404, 405, 409, 410, 503, 504}
        and hints.hint_for(response["status"], str(translate(as_response(response), str))) == ""
    ]
    assert without == []
