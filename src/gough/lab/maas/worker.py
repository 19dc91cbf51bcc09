"""Does things a little later, in the background: MAAS answers first and acts afterwards."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

THREADS = 4  # one slow BMC must not hold up the other machines


class Worker:
    """Runs each submitted call once, on one of its threads, no earlier than asked."""

    def __init__(self, name: str) -> None:
        self._due: list[tuple[float, int, Callable[[], None], Future[None]]] = []
        self._order = itertools.count()
        self._wakeup = threading.Condition()
        self._closed = False
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def submit(self, seconds: float, call: Callable[[], None]) -> Future[None]:
        """The future carries the call's exception; cancelled when the worker closes first."""
        future: Future[None] = Future()
        with self._wakeup:
            if self._closed:
                future.cancel()
                return future
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), call, future))
            self._wakeup.notify()
        return future

    def close(self) -> None:
        with self._wakeup:
            self._closed = True
            for *_, future in self._due:
                future.cancel()
            self._due.clear()
            self._wakeup.notify_all()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout=5)

    def _run(self) -> None:
        while (item := self._next()) is not None:
            call, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                call()
            except Exception as error:  # whoever waits gets it; nobody waiting means nobody cares
                future.set_exception(error)
            else:
                future.set_result(None)

    def _next(self) -> tuple[Callable[[], None], Future[None]] | None:
        """Waits for the next due call; None when closed."""
        with self._wakeup:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    _, _, call, future = heapq.heappop(self._due)
                    return call, future
                self._wakeup.wait(wait)
            return None
