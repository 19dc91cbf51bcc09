"""How the first boot went, as cloud-init left it."""

import json
from pathlib import Path

import pytest

from gough_agent.collectors import cloud_init


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        (None, {"status": "running", "errors": []}),
        ([], {"status": "done", "errors": []}),
        (["(scripts_user, RuntimeError('Runparts: 1 failures'))"] * 9, {"status": "error"}),
    ],
)
def test_what_cloud_init_left_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errors: list[str] | None, told: dict[str, object]
) -> None:
    monkeypatch.setenv("GOUGH_HOST_ROOT", str(tmp_path))
    assert cloud_init.collect() == {"status": "not run", "errors": []}
    (tmp_path / "run/cloud-init").mkdir(parents=True)
    if errors is not None:
        result = {"v1": {"datasource": "DataSourceMAAS [http://10.0.0.2:5240/MAAS/metadata/]", "errors": errors}}
        (tmp_path / "run/cloud-init/result.json").write_text(json.dumps(result))
    sample = cloud_init.collect()
    assert sample == told | {"errors": (errors or [])[:5]}
