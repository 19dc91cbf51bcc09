"""The whole fleet counted, and the settings."""

from dataclasses import asdict
from typing import Literal

from gough.domain.permissions import Permission
from gough.services import settings_shown, stats
from gough.web.api.answers.overview import SettingPage, Stats
from gough.web.api.paging import ListQuery, as_page, by_name
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation


class SettingsQuery(ListQuery):
    sort: Literal["name", "-name"] = "name"


@operation(
    "GET /api/v1/stats", permission=Permission.VIEW, gives={200: Stats},
    summary="The fleet in one look: machines, jobs, agents, regions, templates, counted.",
)  # fmt: skip
def counted(request: Request) -> Answer:
    with request.use.database.read() as session:
        return as_json(stats.counted(session, request.use.database.now(session)))


@operation(
    "GET /api/v1/settings", permission=Permission.MANAGE, query=SettingsQuery, gives={200: SettingPage},
    summary="The settings of the process that answers, and where each is from. No secrets.",
)  # fmt: skip
def settings(request: Request, query: SettingsQuery) -> Answer:
    found, key = by_name(settings_shown.shown(request.use.settings), query)
    return as_page([asdict(each) for each in found], SettingPage, query, key)
