"""The live stream, taken up again where it broke off."""

from collections.abc import Iterator

import httpx
from httpx_sse import EventSource

from gough.client.connection import Connection
from gough.domain.errors import Unavailable
from gough.web.api.answers.machines import Event

NAME = "timeline"
PATH = "/api/v1/events/stream"
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0


def follow(connection: Connection, *, after: int | None, machine: str) -> Iterator[Event]:
    """Every event behind position `after` once, whatever happens to the connection.

    Raises what the server refuses at the first request; later on, only what no waiting mends.
    """
    pause, begun = FIRST_PAUSE, False
    query = {"machine": machine} if machine else {}
    while True:
        headers = {"Accept": "text/event-stream"} | ({} if after is None else {"Last-Event-ID": str(after)})
        try:
            with connection.stream(PATH, headers, query) as answer:
                begun = True
                for each in EventSource(answer).iter_sse():
                    if each.event != NAME:
                        continue  # the first says how long to wait, and nothing else
                    event = Event.model_validate_json(each.data, extra="ignore")
                    after, pause = int(each.id), FIRST_PAUSE
                    yield event
        except Unavailable:
            if not begun:
                raise
        except httpx.TransportError:
            pass
        connection.rest(pause)
        pause = min(LONGEST_PAUSE, pause * 2)
