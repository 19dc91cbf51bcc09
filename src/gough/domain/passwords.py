"""What makes a password acceptable: length, and not being one that everybody tries first."""

MINIMUM = 12
MAXIMUM = 256  # argon2 would take more; a longer one only costs time

# Passwords of twelve and more characters that lead published lists of leaked ones, without digits at the end.
COMMON = frozenset(
    {
        "password1234",
        "passwordpassword",
        "qwertyuiopas",
        "qwertyqwerty",
        "1234567890qwerty",
        "iloveyouiloveyou",
        "administrator",
        "changemechangeme",
        "letmeinletmein",
        "welcomewelcome",
        "adminadminadmin",
        "qwertyuiop123",
        "1q2w3e4r5t6y",
        "trustno1trustno1",
        "superadministrator",
        "correcthorsebatterystaple",
    }
)


def fault_of(password: str, name: str = "") -> str:
    """What is wrong with it, in a sentence; empty when nothing is."""
    folded = password.casefold()
    if len(password) < MINIMUM:
        return f"Use at least {MINIMUM} characters; a few words in a row are good."
    if len(password) > MAXIMUM:
        return f"Use at most {MAXIMUM} characters."
    if folded in COMMON or folded.rstrip("0123456789!") in COMMON or len(set(folded)) < 4:
        return "This password is among the first that are tried. Choose another."
    if name and name.casefold() in folded and len(folded) - len(name) < MINIMUM // 2:
        return "The password is little more than the name. Choose another."
    return ""
