"""Whether Gough lives and is ready, and the agent's archives and packages."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping

from gough.bootstrap import agent_dir
from gough.cloud_init.delivery import ARTEFACT
from gough.domain.errors import GoughError, NotFound
from gough.persistence import schema
from gough.web.api.answers.site import Alive, Ready
from gough.web.declaration import Media
from gough.web.message import Answer, Request, as_json
from gough.web.operation import Open, operation
from gough.web.problem import RETRY_AFTER_SECONDS

SUMS = "SHA256SUMS"
KINDS: Mapping[str, str] = {
    ".gz": "application/gzip", ".deb": "application/vnd.debian.binary-package", "": "text/plain; charset=utf-8",
}  # fmt: skip
ARCHIVE = Media(
    KINDS[".gz"], f"a package is {KINDS['.deb']}, {SUMS} is text/plain", others=(KINDS[".deb"], "text/plain")
)


@operation("GET /healthz", permission=Open.PUBLIC, summary="The process is alive.", gives={200: Alive})
def healthz(_request: Request) -> Answer:
    return as_json({"status": "ok"})


@operation(
    "GET /readyz", permission=Open.PUBLIC, gives={200: Ready, 503: Ready},
    summary="Each component, and whether all are ready.",
)  # fmt: skip
def readyz(request: Request) -> Answer:
    """200 when every component is ready, else 503; never a reason that tells of addresses or names."""
    components = {"database": "ok", "migrations": "ok", **request.site.movers()}
    try:
        with request.use.database.read() as session:
            request.use.database.now(session)
        schema.require_newest(request.use.database)
    except GoughError as error:
        component = "migrations" if error.code == "MISCONFIGURED" else "database"
        components[component] = "failing"
        if component == "database":
            components["migrations"] = "unknown"
    ready = all(state == "ok" for state in components.values())
    body = {"status": "ok" if ready else "not ready", "components": components}
    return as_json(body) if ready else as_json(body, 503, (("Retry-After", str(RETRY_AFTER_SECONDS)),))


@operation(
    "GET /agent/<name>", permission=Open.PUBLIC, raises=(NotFound,), gives={200: ARCHIVE, 304: None},
    summary="The agent's archives and packages, and their checksums.",
)  # fmt: skip
def artefact(request: Request, name: str) -> Answer:
    """Only names that the build gives; the checksum travels in Digest (RFC 3230 form) and as ETag."""
    file = agent_dir(request.site.settings) / name
    if not (ARTEFACT.fullmatch(name) or name == SUMS) or not file.is_file() or file.is_symlink():
        raise NotFound(
            f"There is no agent artefact '{name[:80]}'.", hint="Build them: `python agent/build.py --out DIR`."
        )
    content = file.read_bytes()
    checksum = hashlib.sha256(content)
    tag = f'"{checksum.hexdigest()}"'
    digest = b64encode(checksum.digest()).decode()
    headers = (
        ("ETag", tag),
        ("Digest", f"sha-256={digest}"),
        ("Repr-Digest", f"sha-256=:{digest}:"),
        ("Cache-Control", "no-cache"),
        ("Content-Type", KINDS[file.suffix]),
    )
    if request.header("If-None-Match") == tag:
        return Answer(304, b"", headers)
    return Answer(200, content, headers)
