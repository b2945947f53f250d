"""The web server: one process of `threads` threads, behind nginx or, for trying out, by itself.

    python -m yibao.web --port 8001

Headers and bodies are read without a thread, and only a whole request gets one: whoever sends slowly holds up nobody,
and is cut off. On SIGTERM nothing new is accepted, what was begun is answered, and then the process ends.
"""

import argparse
import contextlib
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

THREADS = 4
REQUEST_WITHIN = 20  # seconds from the first byte of a request to its last
IDLE_WITHIN = 20  # seconds that a connection may be kept without a request, or without reading its answer
ANSWER_WITHIN = 20  # seconds to answer what was begun when the process is to end
CONNECTIONS = 1000
LARGEST_HEADER = 32 * 1024
LARGEST_BODY = 12 * 1024 * 1024  # nginx says the same; settings.py says less for forms


class Request(HTTPRequestParser):
    """A request that is being read, and since when."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.since = time.time()


class Channel(HTTPChannel):
    parser_class = Request


class Server(TcpWSGIServer):
    """Waitress, with a deadline for a whole request and an end that answers what was begun."""

    channel_class = Channel
    stopping = False

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            request = channel.request
            if request is not None and not channel.requests and now - request.since > REQUEST_WITHIN:
                channel.will_close = True

    def stop(self, *_: object) -> None:
        self.stopping = True
        self.pull_trigger()  # the loop waits for something to happen, up to a second

    def run(self) -> None:
        while not self.stopping:
            self._turn(1.0)
        self.accepting = False
        self.socket.close()
        self.del_channel()
        until = time.monotonic() + ANSWER_WITHIN
        while self._busy() and time.monotonic() < until:
            self._turn(0.1)
        self.task_dispatcher.shutdown(timeout=1)

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _busy(self) -> bool:
        return any(channel.requests or channel.total_outbufs_len for channel in self.active_channels.values())


class Preparing:
    """A task that a thread of the server does before the first request comes."""

    def __init__(self, what: Callable[[], None], together: threading.Barrier) -> None:
        self.what, self.together = what, together

    def service(self) -> None:
        try:
            self.what()
        finally:
            self.together.wait()  # else one thread would do several of them, and another none

    def cancel(self) -> None:
        self.together.abort()


def prepared_threads(threads: int, prepare: Callable[[], None]) -> ThreadedTaskDispatcher:
    """Return as many threads as asked for, each of which has prepared itself."""
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    together = threading.Barrier(threads + 1)
    for _ in range(threads):
        dispatcher.add_task(Preparing(prepare, together))
    together.wait()
    return dispatcher


def serve(application: Callable[..., Any], listener: socket.socket, threads: int) -> None:
    """Prepare what the first visitor would wait for, and serve until SIGTERM."""
    from yibao import warm  # needs the application to be loaded

    warm.process()
    settings = Adjustments(
        sockets=[listener],
        threads=threads,
        ident=None,
        clear_untrusted_proxy_headers=False,  # YIBAO_PROXIES says whom to believe
        channel_timeout=IDLE_WITHIN,
        cleanup_interval=5,
        connection_limit=CONNECTIONS,
        max_request_header_size=LARGEST_HEADER,
        max_request_body_size=LARGEST_BODY,
    )
    server = Server(
        application,
        {},
        _sock=listener,
        dispatcher=prepared_threads(threads, warm.thread),
        adj=settings,
        bind_socket=False,
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
    )
    signal.signal(signal.SIGTERM, server.stop)
    signal.signal(signal.SIGINT, server.stop)
    server.run()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises OSError where the port is taken."""
    return socket.create_server((host, port), backlog=1024)


def main() -> None:
    parser = argparse.ArgumentParser(prog="yibao.web", description="Serve the site.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="a listening socket that was inherited, instead of host and port")
    parser.add_argument("--threads", type=int, default=THREADS)
    options = parser.parse_args()
    _allow_files(CONNECTIONS + 200)
    listener = socket.socket(fileno=options.fd) if options.fd is not None else listen(options.host, options.port)
    from yibao.wsgi import application

    serve(application, listener, options.threads)
    os._exit(0)  # a thread that did not finish in time must not keep the process


def _allow_files(wanted: int) -> None:
    """Each connection is an open file; shells allow about a thousand."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


if __name__ == "__main__":
    main()
