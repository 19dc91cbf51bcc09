"""One open websocket: bytes on a socket, for as long as both sides want it."""

import logging
import selectors
import socket

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from gough.lab.maas.core import Core
from gough.lab.maas.websocket_session import Session, Unanswerable

RECEIVE = 2**16
GOODBYE = 2.0  # seconds for the other side to close, too
_NOWHERE = logging.Logger(__name__, logging.CRITICAL + 1)  # the lab's output is for people
MESSAGES = frozenset({Opcode.TEXT, Opcode.BINARY})


class Connection:
    """`run` serves it in the thread that calls it; everything else is for the other threads."""

    def __init__(self, core: Core, connected: socket.socket) -> None:
        self._socket = connected
        self._protocol = ServerProtocol(logger=_NOWHERE)
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self.session = Session(core, self.wake)
        self._extra: list[bytes] = []

    def wake(self) -> None:
        try:
            self._waker.send(b"x")
        except OSError:  # full: it will wake anyway; or over
            return

    def drop(self) -> None:
        """Without a goodbye, as a killed region does."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def say(self, frame: bytes) -> None:
        """Any bytes, to see what a client does with them."""
        self._extra.append(frame)
        self.wake()

    def run(self, request: Request) -> None:
        try:
            self._open(request)
            self._serve()
        except OSError:
            return  # it is gone
        finally:
            self.session.end()
            self._woken.close()
            self._waker.close()

    def _open(self, request: Request) -> None:
        """The protocol reads the request's bytes, which the HTTP server has taken from the socket already."""
        self._protocol.receive_data(request.serialize())
        self._protocol.events_received()
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ, self._receive)
            selector.register(self._woken, selectors.EVENT_READ, self._push)
            more = True
            while more:
                ready = selector.select(GOODBYE if self._protocol.close_expected() else None)
                going_on = [key.data() for key, _ in ready]
                self._flush()
                more = bool(going_on) and all(going_on)

    def _receive(self) -> bool:
        data = self._socket.recv(RECEIVE)
        if not data:
            self._protocol.receive_eof()
            return False
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in MESSAGES and not self._protocol.close_expected():
                self._answer(bytes(event.data))
        return True

    def _answer(self, frame: bytes) -> None:
        try:
            self._protocol.send_text(self.session.answer(frame))
        except Unanswerable as reason:
            self._protocol.fail(CloseCode.PROTOCOL_ERROR, str(reason))

    def _push(self) -> bool:
        self._woken.recv(RECEIVE)
        extra, self._extra = self._extra, []
        if not self._protocol.close_expected():
            for frame in self.session.news():
                self._protocol.send_text(frame)
            for frame in extra:
                self._protocol.send_binary(frame)
        return True

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)
            else:
                self._socket.shutdown(socket.SHUT_WR)
