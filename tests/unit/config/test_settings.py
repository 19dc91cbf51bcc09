"""Settings: from the environment or from files, all problems at once, and nothing secret in what is shown."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gough.config import Settings, read_settings
from gough.domain.errors import Misconfigured
from gough.domain.permissions import Role

KEY = "k" * 32
# A good value for every setting, and what it is read as.
GOOD: dict[str, tuple[str, Any]] = {
    "DATABASE_URL": ("postgresql://gough:hush-db@db/gough", "postgresql://gough:hush-db@db/gough"),
    "REDIS_URL": ("redis://:hush-redis@cache/0", "redis://:hush-redis@cache/0"),
    "MAAS_URL": ("http://maas:5240/MAAS/", "http://maas:5240/MAAS/"),
    "MAAS_API_KEY": ("one:two:hush-maas", "one:two:hush-maas"),
    "FLEET_URL": ("https://fleet", "https://fleet"),
    "FLEET_TOKEN": ("hush-fleet", "hush-fleet"),
    "FLEET_CA_FILE": ("/etc/hostname", Path("/etc/hostname")),
    "SECRET_KEY": (f"hush-key{KEY}", f"hush-key{KEY}"),
    "SECRET_KEY_PREVIOUS": ("hush-previous", "hush-previous"),
    "DEBUG": ("true", True),
    "LOG_LEVEL": ("WARNING", "WARNING"),
    "GOUGH_PUBLIC_URL": ("https://gough.example", "https://gough.example"),
    "GOUGH_TRUSTED_PROXIES": ("127.0.0.1, 10.0.0.0/8", (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"))),
    "GOUGH_CA_FILE": ("/etc/hostname", Path("/etc/hostname")),
    "GOUGH_ALLOW_HTTP": ("1", True),
    "GOUGH_MAAS_ON_LOOPBACK": ("true", True),
    "GOUGH_HOST": ("0.0.0.0", "0.0.0.0"),
    "GOUGH_PORT": ("8443", 8443),
    "GOUGH_DATA_DIR": ("/var/lib/gough", Path("/var/lib/gough")),
    "GOUGH_TEMPLATES_DIR": ("/srv/templates", Path("/srv/templates")),
    "GOUGH_CONSOLE_DIR": ("/var/consoles", Path("/var/consoles")),
    "GOUGH_AGENT_DIR": ("/srv/agent", Path("/srv/agent")),
    "GOUGH_SETUP_SECRET": ("hush-setup", "hush-setup"),
    "GOUGH_ADMINS_NEED_TOTP": ("true", True),
    "GOUGH_AUDIT_DAYS": ("365", 365),
    "GOUGH_OIDC_ISSUER": ("https://sso.example/realms/ops", "https://sso.example/realms/ops"),
    "GOUGH_OIDC_CLIENT_ID": ("gough", "gough"),
    "GOUGH_OIDC_CLIENT_SECRET": ("hush-oidc", "hush-oidc"),
    "GOUGH_OIDC_NAME": ("Keycloak", "Keycloak"),
    "GOUGH_OIDC_SCOPES": ("openid groups", "openid groups"),
    "GOUGH_OIDC_GROUPS_CLAIM": ("realm_access.roles", "realm_access.roles"),
    "GOUGH_OIDC_ROLE_MAP": ("admins=admin, ops=operator", {"admins": Role.ADMIN, "ops": Role.OPERATOR}),
    "GOUGH_OIDC_DEFAULT_ROLE": ("viewer", Role.VIEWER),
    "GOUGH_OIDC_NEED_ACR": ("phr", "phr"),
    "GOUGH_OIDC_NEED_AMR": ("mfa otp", "mfa otp"),
    "GOUGH_OIDC_ALLOW_LOCAL": ("false", False),
    "GOUGH_RATE_LIMIT": ("600", 600),
    "GOUGH_EXECUTOR": ("threads", "threads"),
    "GOUGH_WEB_PROCESSES": ("2", 2),
    "GOUGH_WORKER_THREADS": ("8", 8),
    "GOUGH_PULSE_FILE": ("/run/gough/pulse", Path("/run/gough/pulse")),
    "GOUGH_LEASE_SECONDS": ("45", 45.0),
    "GOUGH_MAAS_POLL_SECONDS": ("2.5", 2.5),
    "GOUGH_MAAS_PRESENCE_SECONDS": ("600", 600.0),
    "GOUGH_FLEET_POLL_SECONDS": ("5", 5.0),
    "GOUGH_ANSIBLE": ("true", True),
    "GOUGH_ANSIBLE_DIR": ("/srv/ansible", Path("/srv/ansible")),
    "GOUGH_ANSIBLE_USER": ("ops", "ops"),
    "GOUGH_ANSIBLE_PARALLEL": ("8", 8),
    "GOUGH_SSH_CONFIG": ("/etc/gough/ssh_config", Path("/etc/gough/ssh_config")),
    "GOUGH_FLEET_FULL_SECONDS": ("900", 900.0),
    "GOUGH_AGENT_INTERVAL_SECONDS": ("15", 15.0),
    "GOUGH_DEADLINES": ("install=1h,agent=90s", {"install": timedelta(hours=1), "agent": timedelta(seconds=90)}),
}
FIELDS = {field.alias or name: name for name, field in Settings.model_fields.items()}
SSO = {
    "GOUGH_OIDC_ISSUER": "https://sso.example", "GOUGH_OIDC_CLIENT_ID": "gough", "GOUGH_OIDC_DEFAULT_ROLE": "viewer",
    "GOUGH_PUBLIC_URL": "https://gough.example",
}  # fmt: skip
BESIDE = {  # what a setting cannot stand without
    "GOUGH_WEB_PROCESSES": {"DATABASE_URL": "postgresql://gough@db/gough"},
    "MAAS_API_KEY": {"MAAS_URL": "http://maas:5240/MAAS/"},
    "FLEET_TOKEN": {"FLEET_URL": "https://fleet"},
    "GOUGH_OIDC_ISSUER": {name: value for name, value in SSO.items() if name != "GOUGH_OIDC_ISSUER"},
    "GOUGH_OIDC_ALLOW_LOCAL": SSO,
}
BY_FILE = [name for name in FIELDS if not name.endswith("_FILE")]


def value_of(settings: Settings, name: str) -> Any:
    value = getattr(settings, FIELDS[name])
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def refusal(environment: dict[str, str]) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        read_settings(environment)
    return caught.value


def test_every_setting_has_a_good_value_below() -> None:
    assert set(GOOD) - set(FIELDS) == set(), "no such setting any more"
    assert set(FIELDS) - set(GOOD) == set(), "give the new setting a good value"


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_is_read_from_its_variable(name: str) -> None:
    given, expected = GOOD[name]
    assert value_of(read_settings({name: given, **BESIDE.get(name, {})}), name) == expected


@pytest.mark.parametrize("name", BY_FILE)
def test_a_setting_is_read_from_the_file_its_variable_names(name: str, tmp_path: Path) -> None:
    given, expected = GOOD[name]
    (tmp_path / "secret").write_text(f"{given}\n")
    environment = {f"{name}_FILE": str(tmp_path / "secret"), **BESIDE.get(name, {})}
    assert value_of(read_settings(environment), name) == expected


@pytest.mark.parametrize("name", BY_FILE)
def test_a_setting_given_twice_names_both_variables(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(GOOD[name][0])
    error = refusal({name: GOOD[name][0], f"{name}_FILE": str(tmp_path / "secret"), **BESIDE.get(name, {})})
    assert f"{name} and {name}_FILE are both set" in str(error)


def test_the_key_before_is_another_one() -> None:
    assert "is the same as SECRET_KEY" in str(refusal({"SECRET_KEY": KEY, "SECRET_KEY_PREVIOUS": KEY}))
    assert read_settings({"SECRET_KEY": KEY, "SECRET_KEY_PREVIOUS": "before"}).previous_key == "before"


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    settings = read_settings({"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key"), "GOUGH_PORT": ""})
    assert settings.key == KEY and settings.port == 8000
    assert read_settings({"SECRET_KEY": KEY, "SECRET_KEY_FILE": ""}).key == KEY


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    error = refusal(
        {
            "GOUGH_PORT": "many", "LOG_LEVEL": "LOUD", "GOUGH_DEADLINES": "install=soon",
            "GOUGH_PUBLIC_URL": "http://gough.example", "GOUGH_CA_FILE": str(tmp_path / "none.pem"),
            "GOUGH_TRUSTED_PROXIES": "10.0.0.0/8,10.0.0.1/8",
            "MAAS_API_KEY": "only-one-part", "REDIS_URL_FILE": str(tmp_path / "none"),
            "DATABASE_URL_FILE": str(tmp_path / "binary"),
            "FLEET_TOKEN": "without-a-url", "FLEET_CA_FILE": str(tmp_path / "none.pem"),
        }
    )  # fmt: skip
    assert sorted({problem.pointer for problem in error.problems}) == [
        "DATABASE_URL", "FLEET_CA_FILE", "FLEET_URL", "GOUGH_CA_FILE", "GOUGH_DEADLINES", "GOUGH_PORT",
        "GOUGH_PUBLIC_URL", "GOUGH_TRUSTED_PROXIES", "LOG_LEVEL", "MAAS_API_KEY", "MAAS_URL", "REDIS_URL",
    ]  # fmt: skip
    assert all(problem.pointer in str(error) for problem in error.problems)


@pytest.mark.parametrize("given", [{}, {"SECRET_KEY": "too short"}])
def test_there_is_no_key_by_default_and_a_short_one_is_none(given: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="SECRET_KEY is missing or shorter than 32") as caught:
        _ = read_settings(given).key
    assert "SECRET_KEY_FILE" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "allowed", "fine"),
    [
        ("https://gough.example", "", True),
        ("http://gough.example", "", False),
        ("http://gough.example", "true", True),
        ("http://localhost:8000", "", True),
        ("http://127.0.0.1:8000", "", True),
        ("http://[::1]:8000", "", True),
        ("http://127.0.0.1.evil.example", "", False),
        ("ftp://gough.example", "true", False),
        ("gough.example", "true", False),
        ("https://[gough", "", False),
        ("https://", "", False),
        ("", "", True),
    ],
)
def test_plain_http_needs_an_explicit_yes(url: str, allowed: str, fine: bool) -> None:
    environment = {"GOUGH_PUBLIC_URL": url, "GOUGH_ALLOW_HTTP": allowed}
    if fine:
        assert read_settings(environment).public_url == url
    else:
        assert [problem.pointer for problem in refusal(environment).problems] == ["GOUGH_PUBLIC_URL"]


@pytest.mark.parametrize(
    ("name", "bad"),
    [("GOUGH_PORT", "0"), ("GOUGH_PORT", "65536"), ("GOUGH_WORKER_THREADS", "0"), ("GOUGH_LEASE_SECONDS", "1"),
     ("GOUGH_MAAS_POLL_SECONDS", "0"), ("GOUGH_MAAS_PRESENCE_SECONDS", "299"), ("GOUGH_AGENT_INTERVAL_SECONDS", "-1"),
     ("GOUGH_DEADLINES", "install=9999999999999999h")],
)  # fmt: skip
def test_a_value_out_of_bounds_is_refused_by_name(name: str, bad: str) -> None:
    assert [problem.pointer for problem in refusal({name: bad}).problems] == [name]


def test_only_a_region_on_this_computer_is_asked_more_often_for_its_machines() -> None:
    quick = {"GOUGH_MAAS_PRESENCE_SECONDS": "1"}
    assert read_settings(quick | {"MAAS_URL": "http://127.0.0.1:5240/MAAS/"}).maas_presence_seconds == 1
    error = refusal(quick | {"MAAS_URL": "http://maas.example:5240/MAAS/"})
    assert [problem.pointer for problem in error.problems] == ["GOUGH_MAAS_PRESENCE_SECONDS"]


def test_no_secret_shows_when_settings_are_printed() -> None:
    settings = read_settings({name: given for name, (given, _) in GOOD.items()})
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "gough.example" in shown
    assert "hush" not in shown


def test_no_secret_shows_when_settings_are_refused() -> None:
    wrong = {name: given for name, (given, _) in GOOD.items()} | {"MAAS_API_KEY": "hush-maas", "GOUGH_PORT": "x"}
    error = refusal(wrong)
    assert "hush" not in f"{error} {error.hint} {error.problems} {error.__cause__}"


def test_without_a_database_url_the_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    assert read_settings({"GOUGH_DATA_DIR": str(tmp_path)}).database == f"sqlite:///{tmp_path}/gough.db"


def test_what_is_no_setting_is_left_to_others() -> None:
    assert read_settings({"PATH": "/bin", "GOUGH_UNHEARD_OF": "1"}) == read_settings({})


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"GOUGH_OIDC_ISSUER": "sso.example"}, "GOUGH_OIDC_ISSUER"),
        ({"GOUGH_OIDC_ISSUER": "http://sso.example"}, "GOUGH_OIDC_ISSUER"),
        ({"GOUGH_OIDC_ISSUER": "https://sso.example/?a=b"}, "GOUGH_OIDC_ISSUER"),
        ({"GOUGH_OIDC_ISSUER": "", "GOUGH_OIDC_ALLOW_LOCAL": "false"}, "GOUGH_OIDC_ISSUER"),
        ({"GOUGH_OIDC_CLIENT_ID": ""}, "GOUGH_OIDC_CLIENT_ID"),
        ({"GOUGH_PUBLIC_URL": ""}, "GOUGH_PUBLIC_URL"),
        ({"GOUGH_OIDC_SCOPES": "profile"}, "GOUGH_OIDC_SCOPES"),
        ({"GOUGH_OIDC_DEFAULT_ROLE": ""}, "GOUGH_OIDC_ROLE_MAP"),
        ({"GOUGH_OIDC_DEFAULT_ROLE": "root"}, "GOUGH_OIDC_DEFAULT_ROLE"),
        ({"GOUGH_OIDC_ROLE_MAP": "ops=root"}, "GOUGH_OIDC_ROLE_MAP"),
        ({"GOUGH_OIDC_ROLE_MAP": "ops=admin,ops=viewer"}, "GOUGH_OIDC_ROLE_MAP"),
    ],
)
def test_single_sign_on_is_complete_or_refused(changed: dict[str, str], wrong: str) -> None:
    read_settings(SSO)
    assert wrong in {problem.pointer for problem in refusal(SSO | changed).problems}


def test_groups_whose_names_have_commas_are_parted_by_semicolons() -> None:
    given = {**SSO, "GOUGH_OIDC_ROLE_MAP": "CN=ops,OU=it=operator; CN=all,OU=it=viewer"}
    assert read_settings(given).oidc_role_map == {"CN=ops,OU=it": Role.OPERATOR, "CN=all,OU=it": Role.VIEWER}
