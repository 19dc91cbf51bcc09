"""Users, their passwords and tokens. Ten sign-ins a minute and no more."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from gough.lab.fleet.wire import exists, invalid, too_often, unauthenticated

LOGINS, WINDOW = 10, 60.0
ROLES = ("admin", "maintainer", "observer", "observer_plus", "gitops")
PASSWORD = re.compile(r"(?=.*\d)(?=.*[^\w\s]).{12,48}", re.DOTALL)
CRITERIA = "Password does not meet required criteria: Must include 12 characters, at least 1 number, and 1 symbol."


@dataclass(slots=True)
class User:
    id: int
    name: str
    email: str
    role: str
    created_at: float
    api_only: bool = False
    password: str = field(default="", repr=False)


class Accounts:
    """Guarded by the server's lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = 1
        self._logins: list[float] = []
        self.users: dict[int, User] = {}
        self.tokens: dict[str, int] = {}  # token → user

    def add(self, name: str, email: str, password: str, role: str, *, api_only: bool = False) -> User:
        if not name:
            raise invalid("name", "Full name cannot be empty")
        if role not in ROLES:
            raise invalid("global_role", f"GlobalRole role can only be {', '.join(ROLES)}.")
        if any(user.email == email for user in self.users.values()):
            raise exists("User", email)
        if not PASSWORD.fullmatch(password):
            raise invalid("password", CRITERIA)
        user = User(self._next, name, email, role, self._clock(), api_only, password)
        self.users[user.id] = user
        self._next += 1
        return user

    def remove(self, user: User) -> None:
        del self.users[user.id]
        self.tokens = {token: owner for token, owner in self.tokens.items() if owner != user.id}

    def issue(self, user: User) -> str:
        token = secrets.token_urlsafe(48)
        self.tokens[token] = user.id
        return token

    def login(self, email: str, password: str) -> User:
        now = self._clock()
        self._logins = [moment for moment in self._logins if moment > now - WINDOW]
        if len(self._logins) >= LOGINS:
            raise too_often(max(1, round(self._logins[0] + WINDOW - now)))
        self._logins.append(now)
        for user in self.users.values():
            if user.email == email and user.password == password and not user.api_only:
                return user
        raise unauthenticated("Authentication failed")

    def whose(self, header: str | None) -> tuple[User, str]:
        """The user and token of an Authorization header. Refusal for none, or one that is no token."""
        kind, _, token = (header or "").partition(" ")
        if kind.lower() != "bearer" or token not in self.tokens:
            raise unauthenticated()
        return self.users[self.tokens[token]], token
