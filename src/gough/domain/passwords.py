"""What makes a password acceptable: length, and not being one that everybody tries first."""

MINIMUM = 12
MAXIMUM = 256  # argon2 would take more; a longer one only costs time

# What leads published lists of leaked passwords, without the digits that people put behind it.
COMMON = frozenset(
    {
        "password",
        "passwordpassword",
        "qwerty",
        "qwertyuiop",
        "qwertyuiopas",
        "iloveyou",
        "letmein",
        "welcome",
        "changeme",
        "admin",
        "qwertyqwerty",
        "1234567890qwerty",
        "iloveyouiloveyou",
        "administrator",
        "changemechangeme",
        "letmeinletmein",
        "welcomewelcome",
        "adminadminadmin",
        "1q2w3e4r5t6y",
        "trustno1trustno",
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
    word = folded.rstrip("0123456789!")
    if not word or word in COMMON or folded in COMMON or len(set(folded)) < 4:
        return "This password is among the first that are tried. Choose another."
    if name and name.casefold() in folded and len(folded) - len(name) < MINIMUM // 2:
        return "The password is little more than the name. Choose another."
    return ""
