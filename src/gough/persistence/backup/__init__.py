"""Everything Gough knows in one file, and back. What is in it is said in `archive`."""

from gough.persistence.backup.archive import Archive, Manifest, key_mark
from gough.persistence.backup.restoring import restore
from gough.persistence.backup.snapshot import Extra, take
from gough.persistence.backup.verifying import verify

__all__ = ["Archive", "Extra", "Manifest", "key_mark", "restore", "take", "verify"]
