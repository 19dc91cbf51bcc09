"""The figures as a table for people."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 150


def show(rows: Sequence[dict[str, Any]], caption: str) -> None:
    table = Table(caption=caption)
    for heading, justify in (
        ("subject", "left"), ("figure", "left"), ("value", "right"), ("baseline", "left"), ("ratio", "right"),
        ("limit", "left"), ("note", "left"),
    ):  # fmt: skip
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        against = f"{number(row['baseline'])} {row['unit']}: {row['against']}" if row["baseline"] else "-"
        ratio = f"{row['ratio']:.2f}" if row["ratio"] else "-"
        table.add_row(
            row["subject"], row["name"], f"{number(row['value'])} {row['unit']}", against, ratio, row["verdict"],
            row["note"],
        )  # fmt: skip
    console = Console()
    Console(width=max(console.width, WIDTH)).print(table)


def number(value: float) -> str:
    """Three figures that mean something, and no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
