"""Measures a function as Lambda would start it: size, start, memory, first answer. Needs nothing but Python.

    runtime.py BOOTSTRAP...                       a table; exit status 1 if one is over its budget
    runtime.py BOOTSTRAP --event FILE             also hands over this event and shows the answer
    --starts N (20)   --budget-mb N (10)   --budget-ms N (30)   --endpoint ADDRESS   --json

It stands in for the runtime API (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) and for what a function asks
while it starts: parameters of SSM. Everything else on AWS is refused, unless an endpoint is named.

A start lasts from the call that starts the process until it asks for its first event. The budget is held against the
best of all starts: that is what the program needs; the median also has what else the machine did. The first start is
not counted: it makes the secrets and brings the file into memory. Not in the numbers: Lambda's own work before the
process starts, and the handshakes of TLS, since the stand-in speaks plain HTTP. (The certificates are read all the same.)
"""

import argparse
import json
import os
import platform
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
RUNTIME = "/2018-06-01/runtime"
# Lambda gives a start ten seconds, and functions behind the HTTP API 29 for an event.
START_SECONDS = 10
EVENT_SECONDS = 29
# Debian has each certificate twice, in a file of its own and in this one. Lambda has them in one file.
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
MACHINES = {0x3E: "x86_64", 0xB7: "aarch64"}
ARN = "arn:aws:{}:us-east-1:000000000000:{}"


class Failed(Exception):
    """The function did not do what Lambda needs of it."""


class StandIn(ThreadingHTTPServer):
    """The runtime API and SSM, for one process: what an earlier one still had under way can't reach it."""

    daemon_threads = True

    def __init__(self, parameters, event):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server_port}"
        self.parameters = parameters
        self.event = event
        self.first_next = threading.Event()
        self.answered = threading.Event()
        self.over = threading.Event()
        self.next_at = self.answered_at = self.failure = self.answer = None
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.over.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A process that was ended leaves broken connections behind."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    # Small writes would wait for each other.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path != f"{RUNTIME}/invocation/next":
            return self.reply(404, {"errorType": "NotFound", "errorMessage": self.path})
        now = time.perf_counter()
        server = self.server
        if server.next_at is None:
            server.next_at = now
            server.first_next.set()
        event, server.event = server.event, None
        if event is None:
            # Nothing to do: Lambda keeps the process waiting, too.
            server.over.wait()
            return None
        return self.reply(200, event, {
            "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + EVENT_SECONDS) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": ARN.format("lambda", "function:flusso-measured"),
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        })

    def do_POST(self):
        body = self.body()
        if self.path.startswith(RUNTIME):
            return self.outcome(body)
        return self.ssm(json.loads(body or b"{}"))

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def outcome(self, body):
        server = self.server
        now = time.perf_counter()
        if self.path.endswith("/response"):
            server.answer, server.answered_at = body, now
        else:
            server.failure = f"{self.path.removeprefix(RUNTIME)}: {body.decode(errors='replace')}"
        server.first_next.set()
        server.answered.set()
        self.reply(202, {"status": "OK"})

    def ssm(self, request):
        parameters = self.server.parameters
        operation = self.headers.get("X-Amz-Target", "")
        if operation == "AmazonSSM.GetParametersByPath":
            path = request["Path"].rstrip("/") + "/"
            found = [parameters[name] for name in sorted(parameters) if name.startswith(path)]
            return self.reply(200, {"Parameters": found})
        if operation == "AmazonSSM.PutParameter":
            name = request["Name"]
            if name in parameters:
                return self.reply(400, {"__type": "ParameterAlreadyExists", "message": name})
            parameters[name] = {"Name": name, "Type": request["Type"], "Value": request["Value"], "Version": 1}
            return self.reply(200, {"Version": 1, "Tier": "Standard"})
        return self.reply(400, {"__type": "AccessDeniedException", "message": "not in this stand-in"})

    def reply(self, status, document, headers=None):
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def peak_kb(pid):
    """The most memory that the process held until now."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1])


def template_variables():
    """The names that the template puts into every function's environment."""
    variables = re.search(r"\n    Environment:\n      Variables:\n((?:        .*\n|\n)+)", TEMPLATE.read_text())
    return re.findall(r"^        ([A-Z_]+):", variables[1], re.MULTILINE)


def value_of(name, endpoint):
    """What a variable of the template may hold: the form counts, not what it names."""
    plain = {
        "FLUSSO_STAGE": "local",
        "FLUSSO_TABLE": "flusso-local",
        "FLUSSO_MAIL_FROM": "hello@example.com",
        "FLUSSO_MAIL_IDENTITY": "example.com",
        "FLUSSO_MAIL_RATE": "10",
        "FLUSSO_ALLOWED_RECIPIENTS": "@example.com",
        "FLUSSO_PUBLIC_URL": "https://news.example.com",
        "FLUSSO_SECRETS_PATH": "/flusso/local",
        "FLUSSO_TEST_CLOCK": "off",
        "FLUSSO_SINGLE_SHARD": "off",
    }
    last = name.removeprefix("FLUSSO_").lower().replace("_", "-")
    if name in plain:
        return plain[name]
    if name.startswith("FLUSSO_QUEUE_"):
        return f"{endpoint}/000000000000/flusso-local-{last.removeprefix('queue-')}"
    if name.endswith("_ROLE_ARN"):
        return "arn:aws:iam::000000000000:role/flusso-local"
    if name.endswith("_ARN"):
        return ARN.format("lambda" if "TARGET" in name else "sqs", f"flusso-local-{last}")
    return f"flusso-local-{last}"


def environment(server, endpoint):
    """What Lambda gives, what the template gives, and nothing of the caller's."""
    lambda_gives = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "flusso-measured",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/flusso-measured",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_LAMBDA_LOG_STREAM_NAME": "measured",
        "AWS_LAMBDA_RUNTIME_API": server.address,
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
        "_HANDLER": "bootstrap",
    }
    ours = {name: value_of(name, endpoint) for name in template_variables()}
    here = {"AWS_ENDPOINT_URL": endpoint, "NO_PROXY": "127.0.0.1,localhost"}
    if CERTIFICATES.is_file():
        here["SSL_CERT_FILE"] = str(CERTIFICATES)
    return lambda_gives | ours | here


def run(program, parameters, endpoint, event=None):
    """One start, and one event if given: milliseconds until ready and until the answer, peak KB, the answer."""
    server = StandIn(parameters, event)
    variables = environment(server, endpoint or f"http://{server.address}")
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        child = subprocess.Popen(
            [program], env=variables, cwd=os.path.dirname(program), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            wait(server.first_next, child, START_SECONDS, "did not ask for an event")
            if event is not None and server.failure is None:
                wait(server.answered, child, EVENT_SECONDS, "did not answer")
            if server.failure:
                raise Failed(server.failure)
            peak = peak_kb(child.pid)
        except Failed as error:
            output.seek(0)
            raise Failed(f"{program} {error}\n{output.read().decode(errors='replace')[-2000:]}") from None
        finally:
            child.kill()
            child.wait()
            server.stop()
    ready = (server.next_at - began) * 1000
    answered = (server.answered_at - began) * 1000 if event is not None else None
    return ready, answered, peak, server.answer


def wait(happened, child, seconds, complaint):
    until = time.monotonic() + seconds
    while not happened.wait(0.02):
        if child.poll() is not None:
            # What it said before it ended may still be on its way.
            if happened.wait(0.2):
                return
            raise Failed(f"ended with status {child.returncode}")
        if time.monotonic() > until:
            raise Failed(f"{complaint} within {seconds} s")


def machine_of(program):
    """For which processor it was built."""
    with open(program, "rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF":
        raise Failed(f"{program} is no program for Linux")
    return MACHINES.get(struct.unpack_from("<H", head, 18)[0], "unknown")


def measure(program, starts, endpoint=None, event=None):
    """What a function weighs and takes. A program for another processor is weighed only."""
    program = os.path.abspath(program)
    name = Path(program).parent.name if Path(program).name == "bootstrap" else Path(program).name
    built_for = machine_of(program)
    numbers = {"function": name, "built_for": built_for, "mb": os.path.getsize(program) / 1e6}
    if built_for != platform.machine():
        return numbers
    parameters = {}
    run(program, parameters, endpoint)
    runs = [run(program, parameters, endpoint, event) for _ in range(starts)]
    numbers |= {
        "start_ms_best": min(ready for ready, *_ in runs),
        "start_ms_median": statistics.median(ready for ready, *_ in runs),
        "peak_mb": max(peak for _, _, peak, _ in runs) * 1024 / 1e6,
    }
    if event is not None:
        numbers |= {
            "answer_ms_best": min(answered for _, answered, *_ in runs),
            "answer_ms_median": statistics.median(answered for _, answered, *_ in runs),
            "answer": runs[-1][3].decode(errors="replace"),
        }
    return numbers


def over_budget(numbers, budget_mb, budget_ms):
    complaints = []
    if numbers["mb"] > budget_mb:
        complaints.append(f"{numbers['function']}: {numbers['mb']:.1f} MB, and {budget_mb:g} are allowed")
    if numbers.get("start_ms_best", 0) > budget_ms:
        start = f"{numbers['start_ms_best']:.1f}"
        complaints.append(f"{numbers['function']}: starts in {start} ms, and {budget_ms:g} are allowed")
    return complaints


def table(rows):
    columns = [
        ("MB", "mb", "{:.2f}"),
        ("start ms, best", "start_ms_best", "{:.1f}"),
        ("median", "start_ms_median", "{:.1f}"),
        ("peak MB", "peak_mb", "{:.1f}"),
        ("answer ms, best", "answer_ms_best", "{:.1f}"),
        ("median", "answer_ms_median", "{:.1f}"),
    ]
    columns = [column for column in columns if any(column[1] in row for row in rows)]
    lines = [["function", *(title for title, _, _ in columns)]]
    for row in rows:
        lines.append([row["function"], *(form.format(row[key]) if key in row else "-" for _, key, form in columns)])
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]))
    for built_for in sorted({row["built_for"] for row in rows if "start_ms_best" not in row}):
        print(f"Built for {built_for}, which this machine is not: only weighed.")


def main():
    parser = argparse.ArgumentParser(description="Measures functions as Lambda would start them.")
    parser.add_argument("programs", nargs="+", metavar="BOOTSTRAP")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--event", type=Path, help="a file with the JSON of one event")
    parser.add_argument("--endpoint", help="an AWS to ask instead of the stand-in, such as http://127.0.0.1:4566")
    parser.add_argument("--budget-mb", type=float, default=10)
    parser.add_argument("--budget-ms", type=float, default=30)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.starts < 1:
        parser.error("at least one start")
    event = options.event.read_bytes() if options.event else None
    try:
        rows = [measure(program, options.starts, options.endpoint, event) for program in options.programs]
    except (Failed, OSError) as error:
        sys.exit(str(error))
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        table(rows)
        for row in rows:
            if "answer" in row:
                print(f"{row['function']} answers {row['answer']}")
    complaints = [line for row in rows for line in over_budget(row, options.budget_mb, options.budget_ms)]
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
