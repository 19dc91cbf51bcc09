"""Times on the wire: RFC 3339 in UTC; and how far this machine's clock is from the server's."""

from datetime import datetime, timezone


def timestamp(unix_seconds: float) -> str:
    """Such as 2026-01-31T12:00:00.250Z."""
    return datetime.fromtimestamp(unix_seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def skew_seconds(sent: float, received: float, server_time: object) -> float | None:
    """Seconds this clock is ahead of the server's, give or take half the round trip.

    `sent` and `received` are Unix times here around the request; None when the server's can't be read.
    """
    try:
        server = datetime.fromisoformat(str(server_time).replace("Z", "+00:00"))  # Python 3.10 knows no Z
    except ValueError:
        return None
    if server.tzinfo is None:
        return None
    return round((sent + received) / 2 - server.timestamp(), 3)
