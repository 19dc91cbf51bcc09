"""Accounts for tests, with a password hash that costs nothing to make, and the codes their authenticators show."""

from argon2 import PasswordHasher
from pyotp import TOTP

from gough.domain.permissions import Role
from gough.persistence.models import User
from gough.services import second_factor
from gough.services.context import Use

PASSWORD = "correct horse battery staple"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def account(use: Use, name: str, role: Role) -> User:
    with use.database.write() as session:
        made = User(name=name, password_hash=QUICK, role=role.value, created_at=use.database.now(session))
        session.add(made)
    return made


class Authenticator:
    """A telephone that has scanned the code."""

    def __init__(self, use: Use, secret: str) -> None:
        self._use, self._totp, self.secret = use, TOTP(secret), secret

    @property
    def code(self) -> str:
        with self._use.database.read() as session:
            return self._totp.at(int(self._use.database.now(session).timestamp()))


def enrolled(use: Use, user: User) -> tuple[Authenticator, list[str]]:
    """(the authenticator, the recovery codes) of an account that has confirmed its second factor."""
    phone = Authenticator(use, second_factor.begin(use, user.id, PASSWORD).secret)
    return phone, list(second_factor.confirm(use, user.id, phone.code))
