"""What `gough login` keeps: an access token, and a refresh token that is good once and brings the next pair."""

import fcntl
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from gough.cli.private_files import read_secret, write_private
from gough.domain.errors import Misconfigured, Unauthenticated
from gough.web.api.answers.people import Tokens

EARLY = timedelta(seconds=30)  # clocks differ, and a request takes its time
Refresh = Callable[[str], Tokens]


@dataclass(frozen=True, slots=True)
class SignIn:
    """`url`: where the tokens are from; they go nowhere else."""

    url: str
    access_token: str = field(repr=False)
    expires_at: str
    refresh_token: str = field(repr=False)
    refresh_expires_at: str

    @classmethod
    def of(cls, url: str, made: Tokens) -> "SignIn":
        return cls(url, made.access_token, made.expires_at, made.refresh_token, made.refresh_expires_at)

    @property
    def is_stale(self) -> bool:
        return datetime.fromisoformat(self.expires_at) <= datetime.now(UTC) + EARLY


def save(path: Path, sign_in: SignIn) -> None:
    write_private(path, json.dumps(asdict(sign_in)) + "\n")


def load(path: Path) -> SignIn | None:
    """Raises Misconfigured for a file that is no sign-in, or that others may read."""
    if not path.exists():
        return None
    try:
        return SignIn(**json.loads(read_secret(path)))
    except (ValueError, TypeError) as error:
        raise Misconfigured(f"{path} is no sign-in.", hint="Remove it and run `gough login`.") from error


class Refreshing(httpx.Auth):
    """The tokens of a sign-in. A stale access token is replaced before it is sent, a refused one once after.

    A refresh token that comes twice ends the sign-in, so one process at a time refreshes; the others take what it got.
    """

    def __init__(self, path: Path, url: str, refresh: Refresh, *, context: str) -> None:
        self._path, self._url, self._refresh, self._context = path, url, refresh, context

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        sign_in = self._signed_in()
        if sign_in.is_stale:
            sign_in = self._renewed(sign_in)
        request.headers["Authorization"] = f"Bearer {sign_in.access_token}"
        answer = yield request
        if answer.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self._renewed(sign_in).access_token}"
            yield request

    def _renewed(self, stale: SignIn) -> SignIn:
        """Raises Unauthenticated where the sign-in has ended."""
        with _alone(self._path):
            now = self._signed_in()
            if now.access_token != stale.access_token:
                return now  # another process was here before us
            made = SignIn.of(self._url, self._refresh(now.refresh_token))
            save(self._path, made)
            return made

    def _signed_in(self) -> SignIn:
        found = load(self._path)
        if found is None or found.url != self._url:
            raise Unauthenticated(
                f"Nobody is signed in at {self._url}.",
                hint=f"gough --context {self._context} login, or give the context a key: --token-file.",
            )
        return found


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
