"""A proxy to PostgreSQL that breaks at the worst moment: after the COMMIT was done, before the reply came back."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class FaultyProxy:
    """Forwards connections to the server's socket. Of the replies to COMMIT, a share is never delivered."""

    def __init__(self, server: str, share: float, seed: str) -> None:
        self.server = server
        self.share = share
        self.dice = random.Random(seed)
        self.cut = 0
        self._clients: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._clients.append(client)
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Carry questions and answers in turn, as a client that waits for each answer sends them."""
        committing = threading.Event()
        threading.Thread(target=self._ask, args=(client, server, committing), daemon=True).start()
        with suppress(OSError), client, server:
            while answer := server.recv(65536):
                if committing.is_set():
                    committing.clear()
                    if self.dice.random() < self.share:
                        self.cut += 1
                        client.shutdown(socket.SHUT_RDWR)
                        return
                client.sendall(answer)

    def _ask(self, client: socket.socket, server: socket.socket, committing: threading.Event) -> None:
        with suppress(OSError):
            while question := client.recv(65536):
                if b"COMMIT" in question:
                    committing.set()
                server.sendall(question)
            server.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Break every connection there is."""
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.close()


@contextmanager
def faulty_proxy(server: str, share: float, seed: str) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(server, share, seed)
    try:
        yield proxy
    finally:
        proxy.close()
