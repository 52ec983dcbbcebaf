"""A stand-in of Lambda's Invoke API, for tests: keeps what was invoked, and answers as told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Invocations(ThreadingHTTPServer):
    """`seen` holds (function, type, payload), oldest first. `answer` is a document; `error` makes it a function's error."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.seen = []
        self.answer = {}
        self.error = None
        # Until it is set a function takes its time.
        self.go_on = threading.Event()
        self.go_on.set()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.go_on.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """Whoever gave up waiting is no error here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        # /2015-03-31/functions/NAME/invocations
        function = unquote(self.path.split("/")[3])
        kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        self.server.seen.append((function, kind, json.loads(body)))
        self.server.go_on.wait()
        if kind == "Event":
            self.reply(202, b"", {})
        else:
            error = {"X-Amz-Function-Error": self.server.error} if self.server.error else {}
            self.reply(200, json.dumps(self.server.answer).encode(), error)

    def reply(self, status, data, headers):
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(data))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
