"""Templates and their versions."""

from typing import Any

from pydantic import Field

from gough.web.api.answers.base import Moment, Page, Shown


class Variable(Shown):
    """What a template asks for; a list's rules hold for each of its items."""

    name: str
    type: str
    description: str
    default: Any
    required: bool
    required_when: dict[str, Any]
    pattern: str
    minimum: int | None
    maximum: int | None
    choices: list[str]
    item_type: str
    item_minimum: int | None
    item_maximum: int | None
    form: str
    within: list[str]


class Ancestor(Shown):
    label: str
    checksum: str


class TemplateVersion(Shown):
    """`composed_of`: what it inherited from, as it was when this version was made."""

    name: str = Field(examples=["docker-host"])
    version: int = Field(examples=[2])
    label: str = Field(examples=["docker-host@2"])
    checksum: str
    description: str
    series: str
    extends: list[str]
    note: str
    created_by: str
    created_at: Moment
    variables: list[Variable]
    composed_of: list[Ancestor]


class Part(Shown):
    owner: str
    name: str
    file: str
    text: str


class TemplateWhole(TemplateVersion):
    """With its texts: as they were written, and the parts that they make together with the inherited ones."""

    metadata: str
    body: str | None
    own_parts: dict[str, str]
    tests: str
    parts: list[Part]


class TemplateFinding(Shown):
    """`line` and `column` count from 1; `pointer` is the place in words."""

    severity: str
    line: int
    column: int
    message: str
    file: str
    pointer: str


class Verdict(Shown):
    """`name` and `checksum` only where the texts could be read at all."""

    valid: bool
    findings: list[TemplateFinding]
    name: str = ""
    checksum: str = ""


class Rendered(Shown):
    template: str
    machine: str
    user_data: str
    size_bytes: int
    findings: list[TemplateFinding]


class Diff(Shown):
    diff: str


class Usage(Shown):
    version: int
    label: str
    deployments: int
    in_service: list[str]
    others: list[str]


class VersionPage(Page[TemplateVersion]):
    pass


class UsagePage(Page[Usage]):
    pass
