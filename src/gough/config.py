"""Settings: read once, from the environment, typed, checked.

Each NAME may instead be given as NAME_FILE, the path of a file that holds the value (for secrets).
"""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError

from gough.domain.durations import parse_durations
from gough.domain.errors import Invalid, Misconfigured, Problem
from gough.domain.permissions import Role
from gough.domain.sign_on import parse_role_map

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SHORTEST_PRESENCE = 300.0  # seconds: the answer keeps a region busy for seconds and carries every BMC's password


def _deadlines(value: object) -> object:
    return parse_durations(value) if isinstance(value, str) else value


def _roles(value: object) -> object:
    return parse_role_map(value) if isinstance(value, str) else value


def _networks(value: object) -> object:
    """Raises ValueError naming the first that is none."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(ip_network(each.strip()) for each in value.split(",") if each.strip())
    except ValueError as error:
        raise ValueError(f"{error}. Give addresses or networks like 10.20.0.0/24,2001:db8::1, with commas") from None


class Settings(BaseModel):
    """Every setting. The alias is the variable's name; docs/operations.md is checked against this list."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid")

    database_url: SecretStr | None = Field(None, alias="DATABASE_URL")
    redis_url: SecretStr | None = Field(None, alias="REDIS_URL")
    maas_url: str = Field("", alias="MAAS_URL")
    maas_api_key: SecretStr | None = Field(None, alias="MAAS_API_KEY")
    fleet_url: str = Field("", alias="FLEET_URL")
    fleet_token: SecretStr | None = Field(None, alias="FLEET_TOKEN")
    fleet_ca_file: Path | None = Field(None, alias="FLEET_CA_FILE")
    secret_key: SecretStr | None = Field(None, alias="SECRET_KEY")
    secret_key_previous: SecretStr | None = Field(None, alias="SECRET_KEY_PREVIOUS")
    debug: bool = Field(False, alias="DEBUG")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")

    public_url: str = Field("", alias="GOUGH_PUBLIC_URL")
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)] = Field(
        default_factory=tuple, alias="GOUGH_TRUSTED_PROXIES"
    )
    ca_file: Path | None = Field(None, alias="GOUGH_CA_FILE")
    allow_http: bool = Field(False, alias="GOUGH_ALLOW_HTTP")
    maas_on_loopback: bool = Field(False, alias="GOUGH_MAAS_ON_LOOPBACK")
    host: str = Field("127.0.0.1", alias="GOUGH_HOST")
    port: int = Field(8000, alias="GOUGH_PORT", ge=1, le=65535)
    data_dir: Path = Field(Path("gough-data"), alias="GOUGH_DATA_DIR")
    templates_dir: Path | None = Field(None, alias="GOUGH_TEMPLATES_DIR")
    agent_dir: Path | None = Field(None, alias="GOUGH_AGENT_DIR")
    console_dir: Path | None = Field(None, alias="GOUGH_CONSOLE_DIR")
    setup_secret: SecretStr | None = Field(None, alias="GOUGH_SETUP_SECRET")
    admins_need_totp: bool = Field(False, alias="GOUGH_ADMINS_NEED_TOTP")
    audit_days: int = Field(0, alias="GOUGH_AUDIT_DAYS", ge=0)

    oidc_issuer: str = Field("", alias="GOUGH_OIDC_ISSUER")
    oidc_client_id: str = Field("", alias="GOUGH_OIDC_CLIENT_ID")
    oidc_client_secret: SecretStr | None = Field(None, alias="GOUGH_OIDC_CLIENT_SECRET")
    oidc_name: str = Field("single sign-on", alias="GOUGH_OIDC_NAME", max_length=40)
    oidc_scopes: str = Field("openid profile email", alias="GOUGH_OIDC_SCOPES")
    oidc_groups_claim: str = Field("groups", alias="GOUGH_OIDC_GROUPS_CLAIM")
    oidc_role_map: Annotated[Mapping[str, Role], BeforeValidator(_roles)] = Field(
        default_factory=dict, alias="GOUGH_OIDC_ROLE_MAP"
    )
    oidc_default_role: Role | None = Field(None, alias="GOUGH_OIDC_DEFAULT_ROLE")
    oidc_need_acr: str = Field("", alias="GOUGH_OIDC_NEED_ACR")
    oidc_need_amr: str = Field("", alias="GOUGH_OIDC_NEED_AMR")
    oidc_allow_local: bool = Field(True, alias="GOUGH_OIDC_ALLOW_LOCAL")

    executor: Literal["threads", "celery"] = Field("threads", alias="GOUGH_EXECUTOR")
    web_processes: int = Field(1, alias="GOUGH_WEB_PROCESSES", ge=1, le=64)
    worker_threads: int = Field(4, alias="GOUGH_WORKER_THREADS", ge=1, le=64)
    pulse_file: Path | None = Field(None, alias="GOUGH_PULSE_FILE")
    lease_seconds: float = Field(30, alias="GOUGH_LEASE_SECONDS", ge=2)
    maas_poll_seconds: float = Field(5, alias="GOUGH_MAAS_POLL_SECONDS", gt=0)
    maas_presence_seconds: float = Field(300, alias="GOUGH_MAAS_PRESENCE_SECONDS", gt=0)
    fleet_poll_seconds: float = Field(15, alias="GOUGH_FLEET_POLL_SECONDS", gt=0)
    fleet_full_seconds: float = Field(600, alias="GOUGH_FLEET_FULL_SECONDS", gt=0)
    ansible: bool = Field(False, alias="GOUGH_ANSIBLE")
    ansible_dir: Path | None = Field(None, alias="GOUGH_ANSIBLE_DIR")
    ansible_user: str = Field("gough-ansible", alias="GOUGH_ANSIBLE_USER", pattern=r"^[a-z_][a-z0-9_-]{0,31}$")
    ansible_parallel: int = Field(2, alias="GOUGH_ANSIBLE_PARALLEL", ge=1, le=64)
    ssh_config: Path | None = Field(None, alias="GOUGH_SSH_CONFIG")
    rate_limit: int = Field(1200, alias="GOUGH_RATE_LIMIT", ge=0, le=10**9)
    agent_interval_seconds: float = Field(60, alias="GOUGH_AGENT_INTERVAL_SECONDS", gt=0)
    deadlines: Annotated[Mapping[str, timedelta], BeforeValidator(_deadlines)] = Field(
        default_factory=dict, alias="GOUGH_DEADLINES"
    )

    _from_files: frozenset[str] = PrivateAttr(default=frozenset())

    @property
    def from_files(self) -> frozenset[str]:
        """The names of those that came as NAME_FILE."""
        return self._from_files

    @property
    def database(self) -> str:
        """The database's URL; without one, SQLite in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.resolve() / 'gough.db'}"

    @property
    def may_use_http(self) -> bool:
        """Plain http never leaves this computer, or somebody said that it may."""
        return self.allow_http or urlsplit(self.public_url).hostname in LOOPBACK

    @property
    def may_ask_loopback(self) -> bool:
        """Whether a region or Fleet server may be this computer itself: told so, or only it reaches Gough."""
        named = (self.maas_url, self.fleet_url, self.public_url)
        return self.maas_on_loopback or any(urlsplit(url).hostname in LOOPBACK for url in named)

    @property
    def key(self) -> str:
        """The secret everything is sealed with. Raises Misconfigured where there is none."""
        value = self.secret_key.get_secret_value() if self.secret_key else ""
        if len(value) < 32:
            raise Misconfigured(
                "SECRET_KEY is missing or shorter than 32 characters.",
                hint="Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))', store it in a file "
                "with mode 0600 and name the file in SECRET_KEY_FILE.",
            )
        return value

    @property
    def previous_key(self) -> str:
        """The key before that, while what was sealed with it is sealed anew; empty otherwise."""
        return self.secret_key_previous.get_secret_value() if self.secret_key_previous else ""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that `environment` gives. Raises Misconfigured listing everything that is wrong at once."""
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in (field.alias or "" for field in Settings.model_fields.values()):
        try:
            value = _value(name, environment)
        except Invalid as error:
            problems.append(Problem(name, str(error)))
            continue
        if value:
            given[name] = value
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        wrong = {str(e["loc"][0]): e["msg"].removeprefix("Value error, ") for e in error.errors()}
        problems += [Problem(name, message) for name, message in wrong.items()]
        settings = Settings.model_validate({name: value for name, value in given.items() if name not in wrong})
    if problems := [*problems, *check(settings)]:
        raise _misconfigured(problems)
    settings._from_files = frozenset(name for name in given if not environment.get(name))
    return settings


def check(settings: Settings) -> list[Problem]:
    """What is well-formed but cannot work; each message says what to do."""
    problems = []
    try:
        url = urlsplit(settings.public_url)
    except ValueError:  # brackets that hold no IPv6 address
        url = urlsplit("")
    if settings.public_url and (url.scheme not in ("http", "https") or not url.hostname):
        problems.append(Problem("GOUGH_PUBLIC_URL", "must be https://host (or http://host in a lab)."))
    elif url.scheme == "http" and not settings.may_use_http:
        problems.append(
            Problem(
                "GOUGH_PUBLIC_URL",
                "is plain http: tokens and metrics would cross the network readable. Give an https address, "
                "or set GOUGH_ALLOW_HTTP=true if that network is yours alone.",
            )
        )
    if settings.ca_file is not None and not settings.ca_file.is_file():
        problems.append(Problem("GOUGH_CA_FILE", f"{settings.ca_file} is not a readable file. Give a PEM file."))
    if settings.fleet_token and not settings.fleet_url:
        problems.append(Problem("FLEET_URL", "is missing, but FLEET_TOKEN is set. Give https://fleet.example:8443."))
    if settings.fleet_ca_file is not None and not settings.fleet_ca_file.is_file():
        problems.append(Problem("FLEET_CA_FILE", f"{settings.fleet_ca_file} is not a readable file. Give a PEM file."))
    problems += _process_problems(settings)
    if settings.previous_key and settings.secret_key_previous == settings.secret_key:
        problems.append(Problem("SECRET_KEY_PREVIOUS", "is the same as SECRET_KEY. Give the key before, or nothing."))
    if settings.maas_presence_seconds < SHORTEST_PRESENCE and not _is_loopback(settings.maas_url):
        said = f"must be {SHORTEST_PRESENCE:g} or more; less is for a MAAS_URL on this computer."
        problems.append(Problem("GOUGH_MAAS_PRESENCE_SECONDS", said))
    problems += _sign_on_problems(settings)
    if settings.maas_api_key and not settings.maas_url:
        problems.append(Problem("MAAS_URL", "is missing, but MAAS_API_KEY is set. Give http://…:5240/MAAS/."))
    if settings.maas_api_key and settings.maas_api_key.get_secret_value().count(":") != 2:
        problems.append(Problem("MAAS_API_KEY", "has three parts, consumer:token:secret (`maas apikey`)."))
    return problems


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in LOOPBACK
    except ValueError:  # as above
        return False


def _process_problems(settings: Settings) -> list[Problem]:
    """What several processes need."""
    problems = []
    on_sqlite = settings.database.startswith("sqlite")
    if settings.executor == "celery" and settings.redis_url is None:
        problems.append(Problem("REDIS_URL", "is missing, but GOUGH_EXECUTOR is celery. Give redis://host:6379/0."))
    if settings.executor == "celery" and on_sqlite:
        problems.append(
            Problem("DATABASE_URL", "must be PostgreSQL for GOUGH_EXECUTOR=celery: SQLite serves one process.")
        )
    if settings.web_processes > 1 and on_sqlite:
        problems.append(
            Problem("GOUGH_WEB_PROCESSES", "must be 1 with SQLite. Set DATABASE_URL to PostgreSQL for more.")
        )
    return problems


def _sign_on_problems(settings: Settings) -> list[Problem]:
    """Without an issuer there is no single sign-on, and its other settings do not matter."""
    if not settings.oidc_issuer:
        said = "is missing, but GOUGH_OIDC_ALLOW_LOCAL is false: nobody could sign in."
        return [] if settings.oidc_allow_local else [Problem("GOUGH_OIDC_ISSUER", said)]
    try:
        url = urlsplit(settings.oidc_issuer)
    except ValueError:  # as above
        url = urlsplit("")
    is_url = url.scheme in ("http", "https") and url.hostname and not (url.query or url.fragment or url.username)
    is_forgeable = url.scheme == "http" and url.hostname not in LOOPBACK and not settings.allow_http
    has_role = settings.oidc_role_map or settings.oidc_default_role
    wrong = (
        ("GOUGH_OIDC_ISSUER", not is_url, "must be https://host/path, as the provider writes it."),
        (
            "GOUGH_OIDC_ISSUER",
            is_forgeable,
            "is plain http, so anybody on the way could sign in. Give an https address.",
        ),
        ("GOUGH_OIDC_CLIENT_ID", not settings.oidc_client_id, "is missing. The provider gave it to Gough."),
        ("GOUGH_PUBLIC_URL", not settings.public_url, "is missing. The provider sends people back to it."),
        ("GOUGH_OIDC_SCOPES", "openid" not in settings.oidc_scopes.split(), "must have the scope openid."),
        (
            "GOUGH_OIDC_ROLE_MAP",
            not has_role,
            "is missing. Give it or GOUGH_OIDC_DEFAULT_ROLE: nobody would be let in.",
        ),
    )
    return [Problem(name, said) for name, is_wrong, said in wrong if is_wrong]


def _value(name: str, environment: Mapping[str, str]) -> str | None:
    value, path = environment.get(name), environment.get(f"{name}_FILE")
    if not path or name.endswith("_FILE"):
        return value
    if value:
        raise Invalid(f"{name} and {name}_FILE are both set. Keep one of them.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Invalid(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{name}_FILE names {path}, which is not UTF-8 text.") from error


def _misconfigured(problems: list[Problem]) -> Misconfigured:
    lines = "; ".join(f"{problem.pointer}: {problem.message}" for problem in problems)
    return Misconfigured(f"The settings cannot be used. {lines}", problems=problems)
