"""Runs the agent in a thread, so that a signal ends the process whatever the thread is stuck in.

Name resolution and a disk that hangs can't be interrupted from within.
"""

import os
import signal
import threading
from collections.abc import Callable

GRACE_SECONDS = 1.5


def supervise(work: Callable[[threading.Event], int]) -> int:
    """The exit status: what `work` returns, 0 when a signal ended it first. Setting the event asks `work` to return."""
    stop = threading.Event()
    reader, writer = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # the byte in the pipe is the message
    results: list[int] = []

    def body() -> None:
        try:
            results.append(work(stop))
        finally:
            os.write(writer, b"\0")

    thread = threading.Thread(target=body, name="agent", daemon=True)
    thread.start()
    os.read(reader, 1)
    stop.set()
    thread.join(GRACE_SECONDS)
    if thread.is_alive():
        os._exit(0)  # what it was sending is sent again, or superseded, after the next start
    return results[0] if results else 1
