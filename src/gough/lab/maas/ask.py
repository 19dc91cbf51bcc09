"""What somebody asks of a machine: who, and with which form."""

from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from gough.lab.maas.users import User


@dataclass(frozen=True, slots=True)
class Ask:
    user: User
    form: MultiDict[str, str] = field(default_factory=MultiDict)

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def said(self) -> str:
        """As the event log puts it: the user, with the comment they gave."""
        comment = self.form.get("comment")
        return f"({self.name}) - {comment}" if comment else f"({self.name})"
