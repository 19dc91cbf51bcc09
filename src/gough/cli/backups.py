"""`gough backup` and `gough restore`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

SCRATCH = Annotated[
    str, typer.Option(metavar="URL", help="Verify in this empty database instead of a passing SQLite file.")
]


def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write; its name must be free.")],
    include: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="A file or folder to keep as well, like secrets/; repeatable."),
    ] = None,
    verify: Annotated[bool, typer.Option(help="Restore it into a scratch database and compare every row.")] = False,
    scratch: SCRATCH = "",
) -> None:
    """Back up the database and your own templates into one file, while Gough runs."""
    from gough.cli.embedded import use
    from gough.persistence.backup import Extra, key_mark, take

    given = use()
    extras = [Extra(path.resolve().name, path) for path in include or ()]
    if (templates := given.settings.templates_dir) is not None:
        extras.append(Extra("templates", templates))
    made = take(given.database, file, extras=extras, key_mark=key_mark(given.settings.key))
    print(f"{file}: {made.rows} rows of {len(made.tables)} tables, {len(made.files)} files, schema "
          f"{made.schema_revision}, Gough {made.gough}.")  # fmt: skip
    if verify:
        _verify(file, scratch)
    if "secret" not in "".join(made.files):
        print("SECRET_KEY is not in it: keep it elsewhere; without it the secrets within are lost.", file=sys.stderr)


def restore(
    file: Annotated[Path, typer.Argument(help="The archive to read.")],
    replace: Annotated[bool, typer.Option(help="Lose what is in the database now.")] = False,
    verify: Annotated[bool, typer.Option(help="Only try it, in a scratch database, and compare every row.")] = False,
    scratch: SCRATCH = "",
    files_to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the files that were backed up below this folder.")
    ] = None,
) -> None:
    """Restore a backup into the database of the settings, with every Gough stopped; all of it or nothing."""
    if verify:
        _verify(file, scratch)
        return
    from gough.cli.embedded import me, use
    from gough.persistence.backup import Archive, key_mark
    from gough.persistence.backup import restore as put_back
    from gough.persistence.backup.restoring import write_files
    from gough.services import audit

    given = use()
    with Archive(file) as archive:
        if archive.manifest.key_mark not in ("", key_mark(given.settings.key)):
            print("SECRET_KEY is another than the backup's: the secrets in it stay closed until you put that key "
                  "back, or give it as SECRET_KEY_PREVIOUS.", file=sys.stderr)  # fmt: skip
        put_back(archive, given.database, replace=replace)
        with audit.recording(given, "gough restore", actor=me(), via="cli", target=file.name):
            written = write_files(archive, files_to) if files_to is not None else []
        print(f"{archive.manifest.rows} rows as of {archive.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC are back, "
              f"{len(written)} files.")  # fmt: skip


def _verify(file: Path, scratch: str) -> None:
    from gough.persistence.backup import Archive, verify

    with Archive(file) as archive:
        print(f"verified: {verify(archive, scratch)} rows restored and compared, {len(archive.manifest.files)} files.")
