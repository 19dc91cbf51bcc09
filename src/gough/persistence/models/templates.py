"""Templates and their immutable versions."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gough.persistence.models.base import Base
from gough.persistence.types import Utc, new_id


class Template(Base):
    __tablename__ = "templates"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("tpl"))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    created_at: Mapped[datetime] = mapped_column(Utc)

    versions: Mapped[list["TemplateVersion"]] = relationship(
        back_populates="template", order_by="TemplateVersion.number"
    )


class TemplateVersion(Base):
    """Never changed once written: a deployment points at exactly what it deployed."""

    __tablename__ = "template_versions"
    __table_args__ = (UniqueConstraint("template_id", "number"), UniqueConstraint("template_id", "checksum"))

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("tpv"))
    template_id: Mapped[str] = mapped_column(ForeignKey("templates.id"))
    number: Mapped[int]
    checksum: Mapped[str] = mapped_column(String(64))
    metadata_text: Mapped[str] = mapped_column(Text)
    body_text: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(150))
    created_at: Mapped[datetime] = mapped_column(Utc)

    template: Mapped[Template] = relationship(back_populates="versions")

    @property
    def label(self) -> str:
        return f"{self.template.name}@{self.number}"
