"""What `gough doctor` looks at. Each check answers what is wrong and what to do."""

import os
from collections.abc import Callable, Iterator

from gough.config import Settings, read_settings
from gough.domain.errors import GoughError, Misconfigured
from gough.services.context import Use

Row = dict[str, str]


def checkup() -> list[Row]:
    """One row a check, in an order where each needs the ones before it."""
    try:
        settings = read_settings(os.environ)
        settings.key  # noqa: B018  (raises when there is none)
    except Misconfigured as error:
        return [_wrong("settings", error)]
    rows = [_fine("settings", settings.database.split("://")[0])]
    from gough.bootstrap import wire

    use = wire(settings).use
    for name, check in CHECKS:
        try:
            rows += [_fine(name, detail) for detail in check(settings, use)]
        except GoughError as error:
            rows.append(_wrong(name, error))
    return rows


def _database(_: Settings, use: Use) -> Iterator[str]:
    from gough.persistence import schema

    with use.database.read() as session:
        use.database.now(session)
    schema.require_newest(use.database)
    yield f"{use.database.engine.dialect.name}, schema {schema.newest()}"


def _public_url(settings: Settings, _: Use) -> Iterator[str]:
    if not settings.public_url:
        raise Misconfigured("GOUGH_PUBLIC_URL is not set.", hint="Set it to the address servers reach Gough at.")
    yield settings.public_url


def _sign_on(_: Settings, use: Use) -> Iterator[str]:
    if use.identity_provider is not None:
        yield use.identity_provider().describe()


def _agent(_: Settings, use: Use) -> Iterator[str]:
    artefacts = use.agent_checksums()
    if not artefacts:
        raise Misconfigured(
            "There is no agent archive to hand out.", hint="python agent/build.py --out GOUGH_AGENT_DIR, then retry."
        )
    yield ", ".join(sorted(artefacts))


def _regions(_: Settings, use: Use) -> Iterator[str]:
    from gough.services import regions

    with use.database.read() as session:
        names = [region.name for region in regions.listed(session)]
    if not names:
        raise Misconfigured("There is no MAAS region.", hint="gough region add NAME URL --key-file FILE")
    for name in names:
        region = regions.test(use, name)
        yield f"{name}: MAAS {region.version} as {region.username}"


def _fleet_servers(_: Settings, use: Use) -> Iterator[str]:
    """None is fine: security is waived then."""
    from gough.services.fleet_hosts import servers

    with use.database.read() as session:
        names = [server.name for server in servers.listed(session)]
    for name in names:
        server = servers.test(use, name)
        yield f"{name}: Fleet {server.version} as {server.username}"


CHECKS: tuple[tuple[str, Callable[[Settings, Use], Iterator[str]]], ...] = (
    ("database", _database),
    ("public URL", _public_url),
    ("single sign-on", _sign_on),
    ("agent archives", _agent),
    ("MAAS region", _regions),
    ("Fleet server", _fleet_servers),
)


def _fine(check: str, detail: str) -> Row:
    return {"check": check, "state": "ok", "detail": detail, "do": ""}


def _wrong(check: str, error: GoughError) -> Row:
    return {"check": check, "state": "wrong", "detail": str(error), "do": error.hint}
