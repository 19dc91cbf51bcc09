"""Gough's own rules for a cloud-config: the keys that would cut a server off from MAAS or from Gough."""

import re
from collections.abc import Iterator, Mapping

from gough.cloud_init.document import START, Mark
from gough.cloud_init.findings import Finding, error, warning

Path = tuple[str | int, ...]

_MODULES = "Gough's scripts run in cloud-init's standard modules; a changed list would leave them out"
OWNED: Mapping[Path, str] = {
    ("reporting", "gough"): "Gough adds this reporter itself, with a token for the deployment",
    ("reporting", "maas"): "MAAS learns through this reporter that the server is installed",
    ("datasource",): "the server gets its configuration from MAAS, which sets the datasource",
    ("datasource_list",): "the server gets its configuration from MAAS, which sets the datasource",
    ("cloud_init_modules",): _MODULES,
    ("cloud_config_modules",): _MODULES,
    ("cloud_final_modules",): _MODULES,
    ("vendor_data", "enabled"): "MAAS's own configuration comes as vendor-data; it has to stay enabled",
}
UNWISE: Mapping[Path, str] = {
    ("phone_home",): "Gough's reporting already tells how the boot went; phone_home tries ten times and delays it",
    ("bootcmd",): "bootcmd runs at every boot, and before the network and the users are ready; runcmd runs once",
}
_JINJA = re.compile(r"##\s*template\s*:\s*jinja", re.IGNORECASE)
_OTHER_KINDS = ("#!", "#include", "#cloud-boothook", "#cloud-config-archive", "#cloud-config-jsonp", "#part-handler")


def header_findings(body: str, file: str = "") -> Iterator[Finding]:
    """The first line, by which cloud-init would tell what kind of user-data this is."""
    first, start = body.partition("\n")[0].strip(), Mark(1, 1, file)
    if _JINJA.match(first):
        yield error(start, "## template: jinja is not used: Gough renders before the server sees the text, and "
                    "cloud-init would render the values a second time")  # fmt: skip
    elif first.startswith(_OTHER_KINDS):
        yield error(start, f"{first.split()[0]} is another kind of user-data; a template is cloud-config")


def key_findings(config: Mapping[str, object], marks: Mapping[Path, Mark]) -> Iterator[Finding]:
    for path, reason in OWNED.items():
        if _stands(config, path):
            yield error(nearest(marks, path), f"{'.'.join(map(str, path))} may not be set: {reason}")
    for path, reason in UNWISE.items():
        if _stands(config, path):
            yield warning(nearest(marks, path), reason)


def written_twice(config: Mapping[str, object], marks: Mapping[Path, Mark]) -> Iterator[Finding]:
    """Files of write_files that a later one replaces: two parts that do not know of each other do that."""
    files, seen = config.get("write_files"), set()
    for index, file in enumerate(files if isinstance(files, list) else []):
        path = str(file.get("path")) if isinstance(file, Mapping) else ""
        if path in seen and not file.get("append"):
            yield warning(nearest(marks, ("write_files", index)), f"{path} is written before this already, and is lost")
        seen.add(path)


def _stands(config: object, path: Path) -> bool:
    for step in path:
        if not isinstance(config, Mapping) or step not in config:
            return False
        config = config[step]
    return True


def nearest(marks: Mapping[Path, Mark], path: Path) -> Mark:
    """The place of the path, or of the nearest thing around it."""
    while path and path not in marks:
        path = path[:-1]
    return marks.get(path, START)
