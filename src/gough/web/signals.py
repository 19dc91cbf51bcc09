"""Hearing that the process is to end, whoever handles the signal."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from threading import Thread


def on_end(act: Callable[[], None]) -> None:
    """Act once on the first SIGTERM or SIGINT that Python sees. To be called in the main thread.

    Servers install handlers of their own after us and then wait for open answers; live streams never end by themselves.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def watch() -> None:
        with suppress(OSError):
            while os.read(reader, 1)[0] not in (signal.SIGTERM, signal.SIGINT):
                pass
            act()

    Thread(target=watch, name="signals", daemon=True).start()
