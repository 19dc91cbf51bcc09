"""`gough api`: any operation of the API, by its address."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import httpx

    from gough.client.connection import Connection

Several = list[str] | None
BASE = "/api/v1/"
READING = ("GET", "HEAD", "DELETE")  # their fields are in the query
CONDITIONAL = ("PUT", "PATCH", "DELETE")
Query = list[tuple[str, str]]


def api(
    method: Annotated[str, typer.Argument(help="GET, POST, PUT, PATCH or DELETE.")],
    path: Annotated[str, typer.Argument(help="machines/node-01, or the whole of it: /api/v1/machines/node-01.")],
    field: Annotated[
        Several, typer.Option("-f", "--field", metavar="NAME=VALUE", help="Text, in the body, or a GET's query.")
    ] = None,
    typed: Annotated[
        Several, typer.Option("-F", "--json-field", metavar="NAME=JSON", help="As -f: a number, true, a list, …")
    ] = None,
    body: Annotated[
        typer.FileBinaryRead | None, typer.Option("--input", help="The body, from a file; - reads it here.")
    ] = None,
    header: Annotated[Several, typer.Option("-H", "--header", metavar="NAME:VALUE", help="Another header.")] = None,
    paginate: Annotated[bool, typer.Option("--paginate", help="Every page of a list, as one.")] = False,
    include: Annotated[bool, typer.Option("-i", "--include", help="The status and the headers, too.")] = False,
) -> None:
    """Send one request as the context's owner, print the answer's body; exit with an error's code where it is one.

    PUT, PATCH and DELETE change whatever there is, unless you give an If-Match.
    """
    from gough.cli.api_fields import as_body, as_text, headers_of, pairs

    method, fields = method.upper(), pairs(field or [], typed or [])
    content = body.read() if body else None
    in_query = method in READING or content is not None
    if content is None and not in_query:
        content = as_body(fields)
    usual = {"If-Match": "*"} if method in CONDITIONAL else {}
    usual |= {"Content-Type": "application/json"} if content is not None else {}
    headers = headers_of(header or [], usual)
    query = [(name, as_text(value)) for name, value in fields if in_query]
    connection = _connection()
    where = path if path.startswith("/") else f"{BASE}{path}"
    if paginate:
        _pages(connection, method, where, query, headers)
        return
    # What signs in answers something else each time, so it is never sent twice.
    repeatable = not where.startswith(f"{BASE}auth/")
    with connection.answer(
        method, where, query=query or None, content=content, headers=headers, repeatable=repeatable
    ) as answer:  # fmt: skip
        if include:
            _print_head(answer)
        _print_body(answer)


def _connection() -> "Connection":
    """To the chosen server, or to Gough inside this process."""
    from gough.cli.choice import chosen

    if chosen() is None:
        from gough.cli.in_process import connection

        return connection()
    from gough.cli.remote.connecting import gough

    return gough().connection


def _pages(connection: "Connection", method: str, path: str, query: Query, headers: dict[str, str]) -> None:
    """One answer with the items of all, as if there were no pages. Raises what an answer tells of."""
    import orjson

    from gough.domain.errors import Invalid

    if method != "GET":
        raise Invalid("--paginate goes with GET.")
    out, before = sys.stdout, "["
    while True:
        page = _page(connection.ask("GET", path, query=query, headers=headers))
        if page is None:
            raise Invalid(f"{path} has no pages.", hint="Leave --paginate out.")
        for item in page["items"]:
            out.write(before + orjson.dumps(item).decode())
            before = ",\n"
        if not page["next_cursor"]:
            break
        query = [pair for pair in query if pair[0] != "cursor"] + [("cursor", page["next_cursor"])]
    out.write("[]\n" if before == "[" else "]\n")


def _page(answer: "httpx.Response") -> dict[str, Any] | None:
    """None for what is no page of a list."""
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"items", "next_cursor"} <= set(found) else None


def _print_head(answer: "httpx.Response") -> None:
    print(f"{answer.http_version} {answer.status_code} {answer.reason_phrase}")
    for name, value in answer.headers.items():
        print(f"{name}: {value}")
    print(flush=True)


def _print_body(answer: "httpx.Response") -> None:
    """As it comes; JSON on a terminal with line breaks. Raises what it tells of, once it is printed."""
    from gough.client.errors import of_answer

    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.status_code >= 300 or (sys.stdout.isatty() and kind == "application/json"):
        answer.read()
        _write(_indented(answer.content) if sys.stdout.isatty() else answer.content)
    else:
        for chunk in answer.iter_bytes():
            _write(chunk)
    if answer.status_code >= 300:
        _write(b"\n")
        raise of_answer(answer)


def _write(data: bytes) -> None:
    """On a terminal, without what terminals act on."""
    from gough.domain.plain_text import plain

    text = data.decode("utf-8", "replace")
    sys.stdout.write(plain(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def _indented(data: bytes) -> bytes:
    import orjson

    try:
        value: Any = orjson.loads(data)
    except ValueError:
        return data
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
