"""What a running web server has beside the application: its live feed and whether it is going down."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from gough.bootstrap import Application, queue_answers
from gough.config import LOOPBACK, Settings
from gough.web.feed import Feed
from gough.web.rates import Rates
from gough.web.traffic import Traffic

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Site:
    application: Application
    feed: Feed
    rates: Rates
    traffic: Traffic

    @classmethod
    def of(cls, application: Application) -> "Site":
        return cls(application, Feed(application.use.database), Rates(application.use.settings), Traffic())

    def movers(self) -> dict[str, str]:
        """What moves jobs, and how it is: this process's own threads, or the queue to the workers."""
        if self.settings.executor == "celery":
            return {"queue": "ok" if queue_answers(self.settings) else "failing"}
        works = any(thread.name.startswith("worker-") for thread in threading.enumerate())
        return {"worker": "ok" if works else "stopped"}

    @property
    def settings(self) -> Settings:
        return self.application.use.settings

    @property
    def is_https(self) -> bool:
        return self.settings.public_url.startswith("https:")

    def serves(self, host: str) -> bool:
        """Whether a Host header names this site: the public address, or the loopback at any port."""
        return _is_of(self.settings.public_url, host)


@lru_cache(maxsize=256)
def _is_of(public_url: str, host: str) -> bool:
    try:
        given = urlsplit(f"//{host}")
        name, port = given.hostname, given.port
    except ValueError:
        return False
    if given.path or given.username is not None or not name:
        return False
    if name in LOOPBACK:
        return True
    public = urlsplit(public_url)
    default = _PORTS.get(public.scheme)
    return name == public.hostname and (port or default) == (public.port or default)
