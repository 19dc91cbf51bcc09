"""osquery as virtual machines run it: it reads a real flag file, enrols over TLS and answers real SQL."""

from gough.lab.osquery.daemon import Osquery, Stopped
from gough.lab.osquery.flags import Flags, read_flags
from gough.lab.osquery.kept import kept
from gough.lab.osquery.tables import Machine, Tables

__all__ = ["Flags", "Machine", "Osquery", "Stopped", "Tables", "kept", "read_flags"]
