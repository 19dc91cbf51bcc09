"""What both installers share: one file from Gough, tried for ten minutes, held against its pinned checksum."""

from importlib.resources import files


def download(who: str) -> str:
    """download.sh; `who` begins every line that it says."""
    return files(__package__).joinpath("download.sh").read_text(encoding="utf-8").replace("@WHO@", who)
