"""What a scenario talks to: a UDP socket in the place of the X-Ray daemon, and an HTTP server. Both only record."""

import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATAGRAM_LIMIT = 65536
RECEIVE_BUFFER = 8 * 1024 * 1024


class Daemon:
    """The receiving end of AWS_XRAY_DAEMON_ADDRESS."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def datagrams(self):
        """All that arrived. On the loopback a datagram is here before the call that sent it returns, so nothing has to be waited for."""
        received = []
        while True:
            try:
                received.append(self.socket.recv(DATAGRAM_LIMIT, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return received

    def close(self):
        self.socket.close()


class QuietHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass


class LocalServer:
    """Serves HTTP on a port of its own, in threads of its own."""

    def serve(self, handler):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class HttpServer(LocalServer):
    """Answers /status/N with N and no body, /redirect with 302 to /status/200, and keeps the headers of every request, the trace header apart."""

    def __init__(self):
        self.requests = []
        self.headers = []
        server = self

        class Handler(QuietHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                server.headers += self.headers.items()
                server.requests.append({"request": f"{self.command} {path}", "trace_header": one(self.headers.get_all("X-Amzn-Trace-Id", []))})
                status = re.fullmatch(r"/status/(\d{3})", path)
                if path == "/redirect":
                    self.send_response(302)
                    self.send_header("Location", "/status/200")
                else:
                    self.send_response(int(status[1]) if status else 404)
                if not status or status[1] != "204":
                    self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        self.serve(Handler)


def one(values):
    """The only one, or nothing; all of them where there are more."""
    return values if len(values) > 1 else values[0] if values else None


class RefusedPort:
    """A port that refuses connections for as long as this lives: it is taken, and nobody listens."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def close(self):
        self.socket.close()
