"""Reading user-data as cloud-init does: the only way a virtual machine learns of Gough."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

import yaml

CLOUD_CONFIG = b"#cloud-config"


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class UserData:
    """The folded cloud-config, and the scripts in the order cloud-init runs them."""

    config: dict[str, Any]
    scripts: tuple[Script, ...]

    @property
    def webhooks(self) -> tuple[dict[str, Any], ...]:
        """Reporters of type webhook: {endpoint, timeout, retries}."""
        reporting = self.config.get("reporting") or {}
        return tuple(r for r in reporting.values() if isinstance(r, dict) and r.get("type") == "webhook")


def parse(user_data: bytes) -> UserData:
    """A MIME multipart of cloud-config and shell scripts, or a cloud-config alone."""
    if user_data.startswith(CLOUD_CONFIG):
        return UserData(yaml.safe_load(user_data) or {}, ())
    config: dict[str, Any] = {}
    scripts: list[Script] = []
    for part in message_from_bytes(user_data).walk():
        if part.is_multipart():
            continue
        body = part.get_payload(decode=True)
        text = body.decode() if isinstance(body, bytes) else ""
        match part.get_content_type():
            case "text/cloud-config":
                config |= yaml.safe_load(text) or {}
            case "text/x-shellscript":
                scripts.append(Script(part.get_filename() or f"part-{len(scripts):03}", text))
            case _:
                pass
    return UserData(config, tuple(sorted(scripts, key=lambda script: script.name)))


def enrolment_token(user_data: bytes) -> str:
    """The token that the agent's installer in it carries; empty where there is none."""
    scripts = "\n".join(script.text for script in parse(user_data).scripts) if user_data else ""
    found = re.search(r"^ENROLMENT_TOKEN=([\w.~-]+)$", scripts, re.MULTILINE)
    return found[1] if found else ""
