"""Which server a command works with, and with whose token."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from gough.cli import choice, embedded, sign_ins
from gough.cli.private_files import read_secret
from gough.cli.remote import connecting
from gough.client import Client
from gough.client.connection import Connection
from gough.domain.errors import Invalid, Misconfigured, Unauthenticated
from gough.domain.permissions import Permission, Role
from gough.services import api_keys, tokens, users
from gough.web.guard import Guard
from tests.integration.cli.conftest import Gough
from tests.support.people import PASSWORD, account, enrolled
from tests.support.site import Site

URL = "https://gough.example"


@pytest.fixture
def wired(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection ends at the site, whatever address it is to."""
    real = Connection.__init__

    def init(self: Connection, url: str, **more: object) -> None:
        real(self, url, **{**more, "transport": httpx.WSGITransport(guard)})  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "__init__", init)
    connecting.connected.cache_clear()


@pytest.fixture
def key(site: Site, tmp_path: Path) -> Path:
    """A file with an API key of bob's, who may look."""
    made = api_keys.create(
        site.use,
        account(site.use, "bob", Role.OPERATOR).id,
        api_keys.Wish("ci", frozenset({Permission.VIEW}), (), None),
    )
    path = tmp_path / "bob.key"
    path.write_text(f"{made[1]}\n")
    path.chmod(0o600)
    return path


def configuration() -> Path:
    return Path(os.environ["GOUGH_CONFIG"])


def test_contexts_are_added_listed_used_and_removed(typed: Gough, key: Path) -> None:
    assert [row["name"] for row in json.loads(typed("context", "list", "-o", "json").out)] == ["embedded"]
    assert typed("context", "add", "prod", f"{URL}/", "--token-file", str(key)).out == f"prod is {URL}.\n"
    assert "gough --context lab login" in typed("context", "add", "lab", "http://127.0.0.1:8000", "--use").out
    rows = json.loads(typed("context", "list", "-o", "json").out)
    assert [(row["name"], row["current"]) for row in rows] == [("embedded", False), ("prod", False), ("lab", True)]
    assert stat.S_IMODE(configuration().stat().st_mode) == 0o600 and "gough_" not in configuration().read_text()
    assert json.loads(typed("context", "show", "prod", "-o", "json").out)["token"] == str(key)
    assert json.loads(typed("context", "show", "-o", "json").out)["name"] == "lab"
    assert typed("context", "use", "embedded").code == 0 and choice.chosen() is None
    assert typed("context", "use", "nothing").code == 4
    assert typed("context", "remove", "prod").code == 0 and typed("context", "remove", "prod").code == 4
    assert json.loads(typed("context", "show", "-o", "json").out)["name"] == "embedded"


def test_contexts_complete_by_name(typed: Gough) -> None:
    typed("context", "add", "prod", URL)
    typed("context", "add", "lab", "http://127.0.0.1:8000")

    def completed(line: str) -> set[str]:
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - (not line.endswith(" ")))}
        environment = {**os.environ, **words, "_GOUGH_COMPLETE": "complete_bash"}
        program = str(Path(sys.executable).with_name("gough"))
        said = subprocess.run([program], env=environment, capture_output=True, text=True, check=False).stdout
        return set(said.split())

    assert completed("gough --context p") == {"prod"}
    assert completed("gough context use ") == {"embedded", "prod", "lab"}
    assert {"timeline", "test"} == completed("gough machine t")


def test_a_context_comes_back_from_its_file_as_it_was_added(typed: Gough, tmp_path: Path) -> None:
    odd = tmp_path / 'a "quoted" \\ ä folder'
    odd.mkdir()
    (odd / "key").write_text("gough_1_2")
    (odd / "key").chmod(0o600)
    typed("context", "add", "a.b-c", "http://10.0.0.1:8000", "--token-file", str(odd / "key"), "--allow-http", "--use")
    server = choice.chosen()
    assert server is not None
    assert (server.context.token_file, server.context.allow_http, server.context.name) == (odd / "key", True, "a.b-c")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("embedded", URL), 2),
        (("a/b", URL), 2),
        (("a", "gough.example"), 3),
        (("a", "ftp://gough.example"), 3),
        (("a", "https://ada:secret@gough.example"), 3),
        (("a", "https://[::1"), 3),
        (("a", "http://gough.example"), 3),
        (("a", URL, "--token-file", "none.key"), 3),
    ],
)
def test_what_cannot_be_a_context_is_refused(typed: Gough, words: tuple[str, ...], code: int) -> None:
    assert typed("context", "add", *words).code == code
    assert not configuration().exists()


def test_what_is_said_nearer_counts_more(typed: Gough, monkeypatch: pytest.MonkeyPatch, key: Path) -> None:
    for name in ("one", "two", "three"):
        typed("context", "add", name, f"https://{name}.example", "--token-file", str(key))

    def now(*options: str) -> str:
        return str(json.loads(typed(*options, "context", "show", "-o", "json").out)["url"])

    assert now() == ""
    typed("context", "use", "one")
    assert now() == "https://one.example"
    monkeypatch.setenv("GOUGH_CONTEXT", "two")
    assert now() == "https://two.example"
    assert now("--context", "three") == "https://three.example" and now("--context", "embedded") == ""
    monkeypatch.setenv("GOUGH_TOKEN", "gough_1_2")
    assert now("--url", "https://four.example") == "https://four.example"
    monkeypatch.setenv("GOUGH_URL", "https://five.example")
    assert typed("job", "list").code == 2 and now("--context", "one") == "https://one.example"
    monkeypatch.delenv("GOUGH_CONTEXT")
    assert now() == "https://five.example"
    assert typed("--url", "https://a.example", "--context", "one", "job", "list").code == 2


def test_a_token_of_the_environment_goes_to_no_context(
    typed: Gough, monkeypatch: pytest.MonkeyPatch, key: Path
) -> None:
    typed("context", "add", "prod", URL, "--token-file", str(key), "--use")
    monkeypatch.setenv("GOUGH_TOKEN", "gough_1_2")
    server = choice.chosen()
    assert server is not None and server.token == ""
    monkeypatch.setenv("GOUGH_URL", URL)
    server = choice.chosen()
    assert server is not None and server.token == "gough_1_2" and "gough_1_2" not in repr(server)
    monkeypatch.setenv("GOUGH_TOKEN_FILE", str(key))
    assert typed("job", "list").code == 3
    monkeypatch.delenv("GOUGH_TOKEN")
    server = choice.chosen()
    assert server is not None and server.token == key.read_text().strip()


def test_a_key_that_others_may_read_is_refused(typed: Gough, key: Path, wired: None) -> None:
    typed("context", "add", "prod", URL, "--token-file", str(key), "--use")
    assert typed("job", "list").code == 0
    connecting.connected.cache_clear()
    key.chmod(0o640)
    refused = typed("job", "list")
    assert refused.code == 3 and f"chmod 600 {key}" in refused.err and "gough_" not in refused.err
    key.chmod(0o600)
    key.write_text("")
    assert typed("job", "list").code == 3


def test_a_key_does_what_its_scopes_allow_and_is_named_in_the_log(
    typed: Gough, key: Path, wired: None, site: Site
) -> None:
    typed("context", "add", "prod", URL, "--token-file", str(key), "--use")
    site.ready()
    assert "web-1" in typed("machine", "list").out
    refused = typed("machine", "lock", "web-1")
    assert refused.code == 7 and "scope 'operate'" in refused.err
    assert typed("api-key", "create", "bob", "more", "--scope", "view").code == 7
    assert typed("login").code == 2 and "token of its own" in typed("logout").err


@pytest.mark.parametrize("words", ["serve", "doctor", "sync", "db check", "secrets rotate", "audit verify", "lab"])
def test_what_works_on_the_host_only_says_so(typed: Gough, key: Path, words: str) -> None:
    typed("context", "add", "prod", URL, "--token-file", str(key), "--use")
    refused = typed(*words.split())
    assert refused.code == 2 and "'prod'" in refused.err and f"gough --context embedded {words}" in refused.err


def test_no_command_takes_this_host_s_database_for_the_chosen_server_s(typed: Gough, key: Path) -> None:
    """Whatever it forgot to say of itself."""
    typed("context", "add", "prod", URL, "--token-file", str(key), "--use")
    with pytest.raises(Invalid, match="'prod'"):
        embedded.use()


def test_a_person_signs_in_works_and_signs_out(typed: Gough, site: Site, wired: None, tmp_path: Path) -> None:
    _, codes = enrolled(site.use, account(site.use, "eve", Role.OPERATOR))
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    typed("context", "add", "prod", URL, "--use")
    early = typed("job", "list")
    assert early.code == 7 and "gough --context prod login" in early.err
    words = ("login", "--name", "eve", "--password-file", str(tmp_path / "password"))
    assert typed("login", "--password-file", str(tmp_path / "password")).code == 2  # nobody can be asked
    assert typed(*words).code == 2  # nor for the code
    assert typed(*words, "--code", codes[0]).out == f"Signed in at {URL} as eve.\n"
    kept = configuration().parent / "sign-ins" / "prod.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert PASSWORD not in kept.read_text()
    connecting.connected.cache_clear()
    assert typed("job", "list").code == 0
    kept.chmod(0o644)
    assert typed("job", "list").code == 3
    kept.chmod(0o600)
    assert typed("logout").code == 0 and not kept.exists()
    assert typed("job", "list").code == 7
    with site.database.read() as session:
        held = users.sign_ins(session, users.find(session, "eve").id, site.database.now(session))
    assert held == []


def test_tokens_go_nowhere_but_where_they_are_from(typed: Gough, site: Site, wired: None, tmp_path: Path) -> None:
    account(site.use, "eve", Role.OPERATOR)
    (tmp_path / "password").write_text(PASSWORD)
    typed("context", "add", "prod", URL, "--use")
    typed("login", "--name", "eve", "--password-file", str(tmp_path / "password"))
    typed("context", "add", "prod", "https://elsewhere.example")
    connecting.connected.cache_clear()
    refused = typed("job", "list")
    assert refused.code == 7 and "Nobody is signed in at https://elsewhere.example" in refused.err


def signed_in(site: Site, path: Path, *, name: str = "eve") -> Client:
    """A client whose access token is stale by this host's clock: the site's own stands still in the past."""
    made = tokens.sign_in(site.use, name, PASSWORD, code="", address="127.0.0.1")
    times = {"expires_at": made.access_until.isoformat(), "refresh_expires_at": made.refresh_until.isoformat()}
    sign_ins.save(path, sign_ins.SignIn(URL, made.access, refresh_token=made.refresh, **times))
    return refreshing(path)


def refreshing(path: Path) -> Client:
    def refresh(token: str) -> object:
        with Client(URL) as anonymous:
            return anonymous.account.refresh(refresh_token=token)

    return Client(URL, auth=sign_ins.Refreshing(path, URL, refresh, context="prod"))  # type: ignore[arg-type]


def test_a_stale_token_is_replaced_and_kept(site: Site, wired: None, tmp_path: Path) -> None:
    account(site.use, "eve", Role.OPERATOR)
    path = tmp_path / "prod.json"
    with signed_in(site, path) as client:
        before = sign_ins.load(path)
        assert client.account.me().name == "eve"
        after = sign_ins.load(path)
    assert before is not None and after is not None and after.refresh_token != before.refresh_token
    with refreshing(path) as again:
        assert again.account.me().name == "eve"


def test_many_at_once_use_a_refresh_token_once_each(site: Site, wired: None, tmp_path: Path) -> None:
    """Twice the same would end the sign-in, and all of them would be refused."""
    account(site.use, "eve", Role.OPERATOR)
    path = tmp_path / "prod.json"
    signed_in(site, path).close()

    def ask(_: int) -> str:
        with refreshing(path) as client:
            return client.account.me().name

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(6))) == ["eve"] * 6


def test_a_sign_in_that_was_ended_is_told_as_such(site: Site, wired: None, tmp_path: Path) -> None:
    account(site.use, "eve", Role.OPERATOR)
    path = tmp_path / "prod.json"
    with signed_in(site, path) as client:
        users.disable(site.use, "eve")
        with pytest.raises(Unauthenticated):
            client.account.me()


def test_files_that_are_broken_are_told_apart(typed: Gough, tmp_path: Path) -> None:
    configuration().parent.mkdir(parents=True)
    for text in ("current = [", '[contexts.a]\nca_file = "x"\n', "contexts = 3\n"):
        configuration().write_text(text)
        assert typed("job", "list").code == 3
    path = tmp_path / "prod.json"
    path.write_text("{}")
    path.chmod(0o600)
    with pytest.raises(Misconfigured):
        sign_ins.load(path)
    with pytest.raises(Misconfigured):
        read_secret(tmp_path / "none")
