"""`make stack-init`: what compose.yaml needs and nobody should make up: .env, secrets/, an authority and certificates.

What is there is kept. Each secret is its reader's alone (0600, owned by that container's user), which takes root: files
given to Compose keep their owner, whatever it is told.
"""

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tools.stack_certificates import Authority

MANAGEMENT, POSTGRES, REDIS, FLEET, NGINX, ANSIBLE = 10001, 999, 999, 100, 101, 10003
ROOT_USER = 0
LIMITS: Mapping[str, float] = {
    "POSTGRES_CPUS": 2, "REDIS_CPUS": 0.5, "MANAGEMENT_CPUS": 2, "WORKER_CPUS": 2, "BEAT_CPUS": 1, "NGINX_CPUS": 0.5,
    "LAB_CPUS": 2, "MYSQL_CPUS": 1, "FLEET_CPUS": 1, "MAAS_CPUS": 4, "ANSIBLE_CPUS": 1, "AGENT_CPUS": 0.2,
}  # fmt: skip


class CannotInit(Exception):
    """Says what to do."""


@dataclass(frozen=True, slots=True)
class Secret:
    """`owner` reads it, and nobody else. `content` may read `source`, which was made before it."""

    name: str
    owner: int
    content: Callable[[Path], str]
    source: str = ""


def _random(length: int = 32) -> Callable[[Path], str]:
    return lambda _: secrets.token_urlsafe(length)


def _copied(name: str, owner: int, source: str, form: str = "{}") -> Secret:
    return Secret(name, owner, lambda folder: form.format((folder / source).read_text()), source)


def _empty(_: Path) -> str:
    return ""


SECRETS = (
    Secret("postgres_password", POSTGRES, _random()),
    Secret("gough_db_password", POSTGRES, _random()),
    _copied("database_url", MANAGEMENT, "gough_db_password", "postgresql://gough:{}@postgres:5432/management"),
    Secret("redis_password", REDIS, _random()),
    _copied("redis_conf", REDIS, "redis_password", "requirepass {}\n"),
    _copied("redis_url", MANAGEMENT, "redis_password", "redis://:{}@redis:6379/0"),
    Secret("secret_key", MANAGEMENT, _random(48)),
    Secret("setup_secret", MANAGEMENT, _random(18)),
    Secret("mysql_root_password", POSTGRES, _random()),
    Secret("mysql_password", POSTGRES, _random()),
    _copied("fleet_mysql_password", FLEET, "mysql_password"),
    _copied("fleet_redis_password", FLEET, "redis_password"),
    Secret("fleet_private_key", FLEET, _random(32)),
    Secret("maas_admin_password", ROOT_USER, _random()),
    Secret("ssh_key", ANSIBLE, _empty),  # yours: it is authorised on the servers
)


def init(root: Path, public_url: str, profiles: Sequence[str], own: Callable[[Path, int], None]) -> list[str]:
    """The names of what was made. `own` gives a file to a user. Raises CannotInit."""
    name = urlsplit(public_url).hostname
    if not public_url.startswith("https://") or not name:
        raise CannotInit(f"--public-url {public_url!r} is no https address: give https://gough.example.")
    folder = root / "secrets"
    _require_sources(folder)
    folder.mkdir(mode=0o711, exist_ok=True)  # passed through by the containers' users, listed by nobody
    made = []
    for each in SECRETS:  # in order: some are made of those before them
        if _lacks(folder, each):
            made.append(_keep(folder / each.name, each.content(folder), each.owner, own))
    made += _certificates(folder, name, own)
    for part in ("management", "nginx", "fleetdm", "maas", "ansible"):
        (root / "config" / part).mkdir(parents=True, exist_ok=True)
    env = root / ".env"
    if not env.exists():
        _write(env, _environment(public_url, name, profiles), 0o600)
        made.append(".env")
    return made


def _require_sources(folder: Path) -> None:
    """A new password beside an address with the old one would lock everybody out."""
    for each in SECRETS:
        if each.source and (folder / each.name).exists() and not (folder / each.source).exists():
            raise CannotInit(
                f"secrets/{each.source} is missing, and {each.name} was made of it: put it back. To have new ones, "
                f"take {each.name} away, too, and change the password where it is in use."
            )


def _lacks(folder: Path, secret: Secret) -> bool:
    return not (folder / secret.name).exists()


def _keep(path: Path, content: str, owner: int, own: Callable[[Path, int], None]) -> str:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)  # of a run that was interrupted
    _write(part, content, 0o600)
    own(part, owner)
    part.rename(path)
    return path.name


def _write(path: Path, content: str, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(content)


def _certificates(folder: Path, name: str, own: Callable[[Path, int], None]) -> list[str]:
    """An authority of this installation and what it signs. Given ones are kept: put them there before."""
    wanted = (
        ("tls_certificate", "tls_key", NGINX, (name,)),
        ("fleet_certificate", "fleet_key", FLEET, ("fleetdm", name)),
        ("fleet_lab_certificate", "fleet_lab_key", MANAGEMENT, ("fleetdm", name)),
    )
    missing = [each for each in wanted if not (folder / each[0]).exists()]
    if not missing:
        return []
    authority, made = Authority.of(folder / "ca_key", folder / "ca_certificate"), []
    if authority.is_new:
        _keep(folder / "ca_key", authority.key_pem, os.geteuid(), own)
        _keep(folder / "ca_certificate", authority.certificate_pem, os.geteuid(), own)
        (folder / "ca_certificate").chmod(0o644)  # everybody is told to trust it
        made.append("ca_certificate")
    for certificate, key, owner, names in missing:
        issued = authority.issue(names)
        _keep(folder / key, issued.key_pem, owner, own)
        made.append(_keep(folder / certificate, issued.certificate_pem, owner, own))
    return made


def _environment(public_url: str, name: str, profiles: Sequence[str]) -> str:
    cores = os.cpu_count() or 1
    limits = "".join(f"{key}={min(wish, cores):g}\n" for key, wish in LIMITS.items())
    # In the lab `maas` is a container; otherwise it is this computer, whose network maas-server shares.
    alias = "maas-host" if "lab" in profiles else "maas"
    fleet = "FLEET_URL=https://fleetdm:8443/fleet\n" if "fleet" in profiles else ""
    return (
        "# Made by make stack-init; yours to change. Secrets are in secrets/, not here.\n"
        f"COMPOSE_PROFILES={','.join(profiles)}\nGOUGH_PUBLIC_URL={public_url}\nGOUGH_SERVER_NAME={name}\n"
        f"MAAS_ALIAS={alias}\n{fleet}\n# No more than this computer's {cores} cores: Docker refuses more.\n{limits}"
    )


def _chown(path: Path, owner: int) -> None:
    if os.geteuid() != 0 and owner != os.geteuid():
        raise CannotInit("Each secret is given to its container's user, which takes root: sudo make stack-init.")
    os.chown(path, owner, -1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make stack-init", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--public-url", default="https://gough.internal", help="where people and servers reach Gough")
    parser.add_argument("--profiles", default="nginx,lab", help="nginx, lab, maas, fleet, ansible, agent, with commas")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the folder of .env and secrets/")
    chosen = parser.parse_args()
    try:
        made = init(chosen.root, chosen.public_url, [each for each in chosen.profiles.split(",") if each], _chown)
    except CannotInit as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Made: {', '.join(made)}." if made else "Everything is there already; nothing was changed.")
    print("The first administrator's set-up secret is in secrets/setup_secret.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
