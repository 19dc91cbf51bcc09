"""A machine's clock against ours."""

from datetime import timedelta

FAR_OFF = timedelta(minutes=10)  # no network is so slow, and no healthy clock so wrong
UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60))


def is_far_off(skew_seconds: float) -> bool:
    return abs(skew_seconds) > FAR_OFF.total_seconds()


def in_words(skew_seconds: float) -> str:
    """`365 days behind`; for a skew that is far off."""
    seconds = abs(skew_seconds)
    unit, size = next((unit for unit in UNITS if seconds >= 2 * unit[1]), UNITS[-1])
    return f"{seconds / size:.0f} {unit} {'ahead' if skew_seconds > 0 else 'behind'}"
