"""Templates and their immutable versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gough.persistence.models.base import Base
from gough.persistence.types import Json, Utc, new_id


class Template(Base):
    """An archived one is in no list and cannot be deployed; its versions stay for the deployments that used them."""

    __tablename__ = "templates"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("tpl"))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    created_at: Mapped[datetime] = mapped_column(Utc)
    archived_at: Mapped[datetime | None] = mapped_column(Utc)

    versions: Mapped[list["TemplateVersion"]] = relationship(
        back_populates="template", order_by="TemplateVersion.number"
    )


class TemplateVersion(Base):
    """Never changed once written: a deployment points at exactly what it deployed.

    `ancestors` holds what the version was composed from: the texts, and the label and checksum they had. It stays as
    it is when those templates get newer versions. `body_text` is empty where there is no user-data.yaml.
    """

    __tablename__ = "template_versions"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("tpv"))
    template_id: Mapped[str] = mapped_column(ForeignKey("templates.id"))
    number: Mapped[int]
    checksum: Mapped[str] = mapped_column(String(64))
    metadata_text: Mapped[str] = mapped_column(Text)
    body_text: Mapped[str] = mapped_column(Text)
    parts_text: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    tests_text: Mapped[str] = mapped_column(Text, default="")
    ancestors: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(150))
    created_at: Mapped[datetime] = mapped_column(Utc)

    template: Mapped[Template] = relationship(back_populates="versions")

    @property
    def label(self) -> str:
        return f"{self.template.name}@{self.number}"
