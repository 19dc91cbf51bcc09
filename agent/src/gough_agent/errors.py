"""What can go wrong, and what it means for the agent.

AgentError
├── ConfigInvalid   somebody must change something on this machine: exit 2
├── Unreachable     no answer, or not one of this protocol: try again later
├── Refused         the server answered, with another status than 2xx
└── CommandFailed   what the server asked for can't be done: it is told why
"""

WRONG_MESSAGE = frozenset({400, 413, 415, 422})


class AgentError(Exception):
    """The message is one sentence for the log, free of secrets."""


class ConfigInvalid(AgentError):
    """The message says what to do."""


class Unreachable(AgentError):
    """Whether the server acted on the request isn't known; every request may be repeated."""


class Refused(AgentError):
    """`retry_after` is in seconds, None when the server didn't say."""

    def __init__(self, status: int, detail: str = "", hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(" ".join(part for part in (f"{status}", detail, hint and f"({hint})") if part))
        self.status = status
        self.retry_after = retry_after

    @property
    def unauthorised(self) -> bool:
        return self.status == 401

    @property
    def released(self) -> bool:
        return self.status == 410

    @property
    def final_for_message(self) -> bool:
        """Whether sending the very same message again is pointless. A 404 isn't: it may be a proxy's."""
        return self.status in WRONG_MESSAGE


class CommandFailed(AgentError):
    """The message is for whoever asked."""
