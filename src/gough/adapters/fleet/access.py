"""The first run of a server, signing in, and users. https://fleetdm.com/docs/rest-api/rest-api#authentication"""

from dataclasses import dataclass, field

from gough.adapters.fleet.errors import NoRoute
from gough.adapters.fleet.http import FleetHttp
from gough.adapters.fleet.models import USER, USER_TOKEN, User, UserWithToken
from gough.adapters.fleet.paths import API, SETUP
from gough.domain.errors import Conflict


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. Fleet wants 12 to 48 characters with a digit and a symbol as a password."""

    name: str
    email: str
    password: str = field(repr=False)


class Access:
    _http: FleetHttp

    def setup(self, admin: Account, *, org_name: str, server_url: str) -> UserWithToken:
        """Make the first administrator of an empty server, and ask as them from now on.

        Raises Conflict when that was done before: Fleet takes the path away then.
        """
        self._http.hide(admin.password)
        body = {
            "admin": {
                "admin": True,
                "name": admin.name,
                "email": admin.email,
                "password": admin.password,
                "password_confirmation": admin.password,
            },
            "org_info": {"org_name": org_name},
            "server_url": server_url,
        }
        try:
            return self._as_them(self._http.post(SETUP, USER_TOKEN, body))
        except NoRoute as error:
            raise Conflict("Fleet: this server has been set up already.") from error

    def login(self, email: str, password: str) -> UserWithToken:
        """Ask as them from now on. Fleet allows ten a minute; a wrong password is Refused."""
        self._http.hide(password)
        return self._as_them(self._http.post(f"{API}login", USER_TOKEN, {"email": email, "password": password}))

    def logout(self) -> None:
        self._http.post_plain(f"{API}logout", {})
        self._http.use("")

    def whoami(self) -> User:
        """Whose token it is. Raises Refused for one that is not, or no longer, good."""
        return self._http.get(f"{API}me", USER).user

    def username(self) -> str:
        user = self.whoami()
        return user.email or user.name

    def create_api_user(self, account: Account, *, role: str = "admin") -> UserWithToken:
        """A user without a web login, whose token does not expire. Invalid when the address is taken."""
        self._http.hide(account.password)
        body = {"name": account.name, "global_role": role}
        try:
            made = self._http.post(f"{API}users/api_only", USER_TOKEN, body)
        except NoRoute:  # before 4.8x; then it is a user like others, with a mark
            old = {"email": account.email, "password": account.password, "api_only": True}
            made = self._http.post(f"{API}users/admin", USER_TOKEN, body | old)
        self._http.hide(made.token)
        return made

    def delete_user(self, user_id: int) -> None:
        """Its token ends with it."""
        self._http.delete(f"{API}users/{user_id}")

    def _as_them(self, answer: UserWithToken) -> UserWithToken:
        self._http.use(answer.token)
        return answer
