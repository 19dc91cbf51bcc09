"""Writes requirements/*.txt: every dependency at one version, for every supported Python, with hashes."""

import subprocess
import sys
from pathlib import Path

OUT = Path("requirements")
COMPILE = [
    "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
    "--generate-hashes", "--no-emit-index-url", "--no-header",
]  # fmt: skip


def main() -> None:
    """Build tools, the runtime, the development tools on top of the runtime's versions, Node as they have it, and
    what runs and checks playbooks, with the runtime's Ansible.

    The generator of clients, the auditors and Ansible's checks have environments of their own, for they want other
    versions than the runtime has.
    """
    _compile("build.txt", "requirements/build.in")
    _compile("runtime.txt", "pyproject.toml")
    _compile("generator.txt", "requirements/generator.in")
    _compile("audit.txt", "requirements/audit.in")
    _compile("dev.txt", "--group", "dev", "--constraint", "requirements/runtime.txt")
    _compile("node.txt", "requirements/node.in", "--constraint", "requirements/dev.txt")
    _compile("ansible.txt", "requirements/ansible.in", "--constraint", "requirements/runtime.txt")
    _compile("ansible-lint.txt", "requirements/ansible-lint.in", "--constraint", "requirements/ansible.txt")


def _compile(name: str, *source: str) -> None:
    subprocess.run([sys.executable, *COMPILE, *source, "-o", str(OUT / name), *sys.argv[1:]], check=True)


if __name__ == "__main__":
    main()
