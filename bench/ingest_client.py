"""Agents that all report at once: raw sockets in one thread, everything prebuilt.

`… PORT CONNECTIONS AGENTS ROUNDS FIRST PATH`: a heartbeat's JSON on stdin; "ready" on stdout, then it waits for a
line. PATH has `{agent}`. Each of the AGENTS sends ROUNDS heartbeats, numbered from FIRST. The last line of stdout is
JSON: seconds, CPU seconds, {status: count}, and the milliseconds within which half and 99 in 100 were answered.
"""

import json
import selectors
import socket
import sys
import time
import zlib
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Connection:
    socket: socket.socket
    sent_at: float = 0.0
    heard: bytes = b""
    times: list[float] = field(default_factory=list)


def requests(body: bytes, path: str, agents: int, rounds: int, first: int) -> Iterator[bytes]:
    message = json.loads(body)
    for number in range(first, first + rounds):
        message["sequence"] = number
        packer = zlib.compressobj(6, wbits=31)  # as the agent does it
        packed = packer.compress(json.dumps(message, separators=(",", ":")).encode()) + packer.flush()
        for agent in range(agents):
            head = (
                f"POST {path.format(agent=f'agt_{agent:06}')} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer key-{agent}\r\nContent-Type: application/json\r\n"
                f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
            )
            yield head.encode() + packed


def run(port: int, connections: int, waiting: deque[bytes]) -> tuple[Counter[str], list[float]]:
    """One request at a time on each connection, until all are answered."""
    selector, statuses, times = selectors.DefaultSelector(), Counter[str](), []
    for _ in range(min(connections, len(waiting))):
        one = Connection(socket.create_connection(("127.0.0.1", port)))
        one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(one.socket, selectors.EVENT_READ, one)
        _send(one, waiting)
    while selector.get_map():
        for key, _ in selector.select(60):
            one = key.data
            one.heard += one.socket.recv(65536)
            head, end, rest = one.heard.partition(b"\r\n\r\n")
            if not end or len(rest) < _length(head):
                continue
            statuses[head[9:12].decode()] += 1
            times.append(time.perf_counter() - one.sent_at)
            one.heard = b""
            if waiting:
                _send(one, waiting)
            else:
                selector.unregister(one.socket)
                one.socket.close()
    return statuses, times


def _send(one: Connection, waiting: deque[bytes]) -> None:
    one.sent_at = time.perf_counter()
    one.socket.sendall(waiting.popleft())


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


def main(port: int, connections: int, agents: int, rounds: int, first: int, path: str) -> None:
    waiting = deque(requests(sys.stdin.readline().encode(), path, agents, rounds, first))
    print("ready", flush=True)
    sys.stdin.readline()
    before, begun = time.process_time(), time.perf_counter()
    statuses, times = run(port, connections, waiting)
    seconds, used = time.perf_counter() - begun, time.process_time() - before
    times.sort()
    marks = [1000 * times[int(len(times) * share)] for share in (0.5, 0.99)]
    print(json.dumps({"seconds": seconds, "cpu": used, "statuses": statuses, "milliseconds": marks}))


if __name__ == "__main__":
    port, connections, agents, rounds, first = (int(given) for given in sys.argv[1:6])
    main(port, connections, agents, rounds, first, sys.argv[6])
