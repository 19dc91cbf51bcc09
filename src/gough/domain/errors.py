"""Every error Gough raises on purpose.

GoughError
├── Invalid            the caller's input; nothing was changed
├── Misconfigured      Gough's own settings; it does not start with them
├── Unauthenticated    nobody knows who is asking
│   └── SecondFactorNeeded   the password was right; a code is wanted too
├── Denied             known, but not allowed
├── NotFound
├── Gone               there was one, and it will not come back
├── Conflict           the thing is in another state than the caller thinks
├── LeaseLost          another worker has taken the job over; this one stops
└── Outside            another system; `system` names it
    ├── Refused        it understood and said no: repeating does not help
    └── Unavailable    it may say yes later: repeating helps
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input. `pointer` says where: `/variables/hostname`, or `line 3, column 7`."""

    pointer: str
    message: str


class GoughError(Exception):
    """What happened (`str(error)`), what it means (`meaning`), what to do (`hint`), and whether a retry helps."""

    code: ClassVar[str] = "INTERNAL"
    meaning: ClassVar[str] = "Gough could not finish what it was asked to do."
    default_hint: ClassVar[str] = "Look at the server's log for this request id."
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.hint = hint or self.default_hint
        self.problems = tuple(problems)


class Invalid(GoughError):
    code = "INVALID"
    meaning = "The input cannot be used as it is. Nothing was changed."
    default_hint = "Correct the input and send it again."


class Misconfigured(GoughError):
    code = "MISCONFIGURED"
    meaning = "Gough's settings are incomplete or contradict each other, so it does not start."
    default_hint = "Correct the setting and start again; `gough doctor` checks all of them."


class Unauthenticated(GoughError):
    code = "UNAUTHENTICATED"
    meaning = "Gough does not know who is asking."
    default_hint = "Sign in again, or send a valid key."


class SecondFactorNeeded(Unauthenticated):
    code = "SECOND_FACTOR_NEEDED"
    meaning = "The password is right, but this account has a second factor."
    default_hint = "Send the six digits of your authenticator, or a recovery code, too."


class Denied(GoughError):
    code = "DENIED"
    meaning = "You are known, but your role does not allow this."
    default_hint = "Ask an administrator for the permission."


class NotFound(GoughError):
    code = "NOT_FOUND"
    meaning = "There is no such thing, or it is gone."
    default_hint = "Check the name; lists show what there is."


class Gone(GoughError):
    code = "GONE"
    meaning = "It was there once and will not come back."
    default_hint = "Stop asking for it."


class Conflict(GoughError):
    code = "CONFLICT"
    meaning = "The thing is in another state than the request assumes. Nothing was changed."
    default_hint = "Look at its present state, then decide again."


class LeaseLost(GoughError):
    code = "LEASE_LOST"
    meaning = "Another worker has taken this job over; this one's result was dropped."
    default_hint = "Nothing to do: the other worker goes on."


class Outside(GoughError):
    """An error that another system gave; `system` is its name as people know it ("MAAS", "Fleet")."""

    code = "OUTSIDE"

    def __init__(self, system: str, message: str, *, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(f"{system}: {message}", hint=hint, problems=problems)
        self.system = system


class Refused(Outside):
    code = "OUTSIDE_REFUSED"
    meaning = "The other system understood and said no; asking again gives the same answer."
    default_hint = "Read its words above, change what it objects to, then retry."


class Unavailable(Outside):
    code = "OUTSIDE_UNAVAILABLE"
    meaning = "The other system did not give a usable answer; it may do so later."
    default_hint = "Gough tries again by itself; if it lasts, check that system's health and the network."
    retryable = True
