"""The description of the API, OpenAPI 3.1, from the declarations that answer requests."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gough import __version__
from gough.domain.permissions import Permission
from gough.web import contract
from gough.web.declaration import NARROWS, REGISTRY, SAFE, File, Media, Open, Operation, Shown
from gough.web.examples import example_of
from gough.web.message import JSON

Schema = dict[str, Any]
REF = "#/components/schemas/{model}"
INTRODUCTION = (
    "Bare servers from power-on to in service. Long work is answered with 202 and a `Location` to follow it at."
)
STRING: Schema = {"type": "string"}
PROBLEM: Schema = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable, `hint` says what to do, `errors` where the input is wrong.",
    "required": ["type", "title", "status", "detail", "code", "request_id", "hint", "retryable", "errors"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "code", "request_id", "hint"), STRING),
        "status": {"type": "integer"},
        "retryable": {"type": "boolean"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object", "required": ["pointer", "message"], "additionalProperties": False,
                "properties": {"pointer": STRING, "message": STRING},
            },
        },
    },
}  # fmt: skip
SCHEMES: Schema = {
    "session": {"type": "apiKey", "in": "cookie", "name": "gough_session"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "For changes in a session."},
    "key": {"type": "http", "scheme": "bearer", "description": "An API key or an access token."},
    "machine": {"type": "http", "scheme": "bearer", "description": "An agent's key, or an adoption's token."},
}
NEEDS: Mapping[Open, list[Schema]] = {Open.PUBLIC: [], Open.AGENT: [{"machine": []}], Open.TOKEN: [{"machine": []}]}
IN_THE_REQUEST = frozenset({"/api/v1/agents/enroll", "/api/v1/reports/cloud-init/<token>"})
PARTS: Mapping[str, str] = {
    "agent_id": "agt_0123456789abcdef", "bulk_id": "blk_0123456789abcdef", "deployment_id": "dep_0123456789abcdef",
    "job_id": "job_0123456789abcdef", "key_id": "0123456789abcdef", "sign_in_id": "0123456789abcdef",
    "policy_id": "pol_0123456789abcdef", "token": "report-token-from-user-data",
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "machines": "node-01", "maintenance-windows": "weekend", "regions": "default", "templates": "docker-host",
    "users": "ada", "fleet": "default", "server": "gough-agent-linux-x86_64.tar.gz",
}  # fmt: skip
"""What `<name>` is an example of, by the resource."""
HEADERS: Schema = {
    "RateLimit": {"description": "How many requests are left, and the seconds until there are more.", "schema": STRING},
    "RateLimit-Policy": {"description": "How many there are in how many seconds.", "schema": STRING},
    "ETag": {"description": "Of what people edit; for If-Match.", "schema": STRING},
    "Location": {"description": "Where to follow or find it.", "schema": STRING},
    "Retry-After": {"description": "Seconds.", "schema": STRING},
}


def _told(*names: str) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


LIMITS, ETAG = _told("RateLimit", "RateLimit-Policy"), _told("ETag")
LOCATION, RETRY = _told("Location"), _told("Retry-After")


def operations() -> list[Operation]:
    """All that are for programs, by path and method."""
    return sorted((o for o in REGISTRY.values() if o.is_for_programs), key=lambda o: (o.path, o.method))


@cache
def document() -> bytes:
    """The same bytes for the same declarations."""
    return orjson.dumps(described(), option=orjson.OPT_SORT_KEYS)


def described() -> Schema:
    found = operations()
    refs, schemas = _schemas(found)
    paths: dict[str, Schema] = {}
    for each in found:
        paths.setdefault(address(each), {})[each.method.lower()] = _operation(each, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gough", "version": __version__, "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in sorted({_tag(each) for each in found})],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": PROBLEM}, "responses": _refusals(found), "headers": HEADERS,
            "securitySchemes": SCHEMES,
        },
    }  # fmt: skip


def _schemas(found: Sequence[Operation]) -> tuple[Mapping[Any, Schema], dict[str, Schema]]:
    """({(model, mode): its reference}, {name: schema}). Items of lists may hold a part of their fields."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for each in found:
        if isinstance(each.body, type):
            wanted[each.body, "validation"] = None
        wanted.update(((shown, "serialization"), None) for shown in _forms(each))
    refs, made = models_json_schema(list(wanted), ref_template=REF)
    schemas: dict[str, Schema] = made["$defs"]
    for schema in list(schemas.values()):
        items = schema.get("properties", {}).get("items", {}).get("items", {})
        if "next_cursor" in schema.get("properties", {}) and "$ref" in items:
            name = items["$ref"].rpartition("/")[2]
            said = f"Of a {name}, the fields that were asked for; without `fields`, all of them."
            partly = {key: value for key, value in schemas[name].items() if key != "required"}
            schemas[f"Some{name}"] = {**partly, "title": f"Some{name}", "description": said}
            items["$ref"] = REF.format(model=f"Some{name}")
    return refs, schemas


def _forms(each: Operation) -> Iterator[type[BaseModel]]:
    yield from (shown for shown in (each.gives or {}).values() if isinstance(shown, type))


def _operation(each: Operation, refs: Mapping[Any, Schema]) -> Schema:
    made: Schema = {
        "operationId": each.operation_id,
        "summary": each.summary,
        "tags": [_tag(each)],
        "security": _security(each),
        "x-permission": each.guard.value if isinstance(each.guard, Permission) else each.guard.name.lower(),
        "parameters": [*_parts(each), *_query(each), *_headers(each)],
        "responses": {str(status): shown for status, shown in sorted(_responses(each, refs))},
    }
    if isinstance(each.body, File):
        content = {
            kind: {"schema": {} if kind == JSON else STRING, "example": each.body.examples[kind]}
            for kind in each.body.kinds
        }
        made["requestBody"] = {"required": True, "content": content}
    elif each.body is not None:
        content = {JSON: {"schema": refs[each.body, "validation"], "example": example_of(each.body, whole=False)}}
        made["requestBody"] = {
            "required": any(f.is_required() for f in each.body.model_fields.values()),
            "content": content,
        }
    return made


def _security(each: Operation) -> list[Schema]:
    if isinstance(each.guard, Open):
        return [] if each.path in IN_THE_REQUEST else NEEDS[each.guard]
    return [{"session": []} if each.method in SAFE else {"session": [], "csrf": []}, {"key": []}]


def _parts(each: Operation) -> Iterator[Schema]:
    for name in re.findall(r"<(\w+)>", each.path):
        yield {
            "name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1},
            "example": PARTS.get(name) or NAMES[_tag(each)],
        }  # fmt: skip


def _query(each: Operation) -> Iterator[Schema]:
    schema = each.query.model_json_schema(ref_template=REF)
    defined = schema.get("$defs", {})
    for name, given in schema.get("properties", {}).items():
        inlined = {**given, **defined[given["$ref"].rpartition("/")[2]]} if "$ref" in given else given
        kept = {key: value for key, value in inlined.items() if key not in ("title", "$ref", "description", "anyOf")}
        if "anyOf" in inlined:  # may be left out; empty it may not be
            kind = next(part for part in inlined["anyOf"] if part.get("type") != "null")
            kept = defined[kind["$ref"].rpartition("/")[2]] if "$ref" in kind else kind
        said = {"description": given["description"]} if "description" in given else {}
        yield {
            "name": name,
            "in": "query",
            "required": False,
            "schema": {k: v for k, v in kept.items() if v is not None},
            **said,
        }


def _headers(each: Operation) -> Iterator[Schema]:
    if each.is_repeatable:
        yield _header("Idempotency-Key", "The same request with the same key is done once.", pattern="^[!-~]{1,255}$")
    if each.edited is not None and each.method in NARROWS:
        yield _header("If-Match", "The ETag of the state that is to be changed, or `*`.", required=True)
    elif each.edited is not None:
        yield _header("If-None-Match", "The ETag of a state that is known already.")


def _header(name: str, said: str, *, required: bool = False, **more: Any) -> Schema:
    return {"name": name, "in": "header", "required": required, "description": said, "schema": {**STRING, **more}}


def _responses(each: Operation, refs: Mapping[Any, Schema]) -> Iterator[tuple[int, Schema]]:
    gives = each.gives or {}
    told = contract.refusals(each)
    for status, shown in gives.items():
        more = ETAG if each.edited is not None else {}
        located = LOCATION if status in (201, 202) else {}
        codes = told.get(status, ())
        yield (
            status,
            {
                "description": HTTPStatus(status).phrase,
                "headers": {**LIMITS, **more, **located},
                **_content(shown, refs, with_problem=bool(codes)),
            },
        )
    if each.edited is not None and each.method in SAFE:
        yield 304, {"description": "It is as the caller knows it.", "headers": ETAG}
    for status, codes in told.items():
        if status not in gives:
            yield status, {"$ref": f"#/components/responses/{_refusal_name(status, codes)}"}


def _refusals(found: Sequence[Operation]) -> dict[str, Schema]:
    """{name: response}; operations share them."""
    return {
        _refusal_name(status, codes): {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(sorted(codes))}",
            "headers": RETRY if status in (429, 503) else {},
            "content": {contract.PROBLEM: {"schema": {"$ref": REF.format(model="Problem")}}},
        }
        for each in found
        for status, codes in contract.refusals(each).items()
    }


def _refusal_name(status: int, codes: Iterable[str]) -> str:
    return ".".join([str(status), *sorted(codes)])


def _content(shown: Shown, refs: Mapping[Any, Schema], *, with_problem: bool) -> Schema:
    if shown is None:
        return {}
    content = (
        {kind: {"schema": {} if kind == JSON else STRING, **_seen(shown)} for kind in shown.kinds}
        if isinstance(shown, Media)
        else {JSON: {"schema": refs[shown, "serialization"], "example": example_of(shown, whole=True)}}
    )
    problem = {contract.PROBLEM: {"schema": {"$ref": REF.format(model="Problem")}}} if with_problem else {}
    return {"content": content | problem}


def _seen(shown: Media) -> Schema:
    return {} if shown.example is None else {"example": shown.example}


def address(each: Operation) -> str:
    """Its path as the description writes it."""
    return re.sub(r"<(\w+)>", r"{\1}", each.path)


def _tag(each: Operation) -> str:
    return each.path.removeprefix("/api/v1/").strip("/").split("/")[0] if each.path.startswith("/api/") else "server"
