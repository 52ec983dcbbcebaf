"""Stands in for the HTTP API where there is none: HTTP in, invocation of a function with payload format 2.0 out.

    gateway.py --stage local --port 4580

The routes are those of the template. A function is called by AWS_ENDPOINT_URL_LAMBDA or AWS_ENDPOINT_URL. As on AWS the
path is decoded and the query is not, names of headers are in lower case, cookies stand apart, and a body that is not
text comes as base64. Format: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

A route with an authorizer always answers 401, for there is no Cognito whose token could be checked. No throttling, no CORS,
no access log.
"""

import argparse
import base64
import json
import re
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import yaml
from botocore.exceptions import BotoCoreError, ClientError

from address import client

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
# Limits of the HTTP API.
LARGEST_BODY = 10 * 1024 * 1024
TIMEOUT_SECONDS = 29
# These are of one connection and never passed on.
OF_THE_CONNECTION = {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"}
ROUTE, INTEGRATION, FUNCTION = "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Integration", "AWS::Serverless::Function"


@dataclass
class Route:
    key: str
    function: str
    is_open: bool

    def __post_init__(self):
        self.method, self.path = self.key.split(" ", 1)
        self.names = [name.rstrip("+") for name in re.findall(r"\{(.+?)\}", self.path)]
        parts = re.split(r"\{(.+?)\}", self.path)
        # Every second part is a name; one that ends with + takes the rest of the path.
        parts[0::2] = map(re.escape, parts[0::2])
        parts[1::2] = ["(.+)" if name.endswith("+") else "([^/]+)" for name in parts[1::2]]
        self.pattern = re.compile("".join(parts))

    def order(self):
        """The more exact one first."""
        return ("+}" in self.path, len(self.names), self.method == "ANY", -len(self.path))


class Tags(yaml.SafeLoader):
    """Reads !Sub, !GetAtt and the like as what they are given."""


Tags.add_multi_constructor("!", lambda loader, _, node: getattr(loader, f"construct_{node.id}")(node))


def routes(stage, template=TEMPLATE):
    """The routes of the template, the most exact first, with the names of their functions in this stage."""
    resources = yaml.load(template.read_text(), Tags)["Resources"]

    def of(kind):
        return {name: found["Properties"] for name, found in resources.items() if found["Type"] == kind}

    functions = {
        name: found["FunctionName"].replace("${Stage}", stage) for name, found in of(FUNCTION).items()
    }
    integrations = {
        name: functions[found["IntegrationUri"].removesuffix(".Arn")] for name, found in of(INTEGRATION).items()
    }
    found = [
        Route(
            route["RouteKey"],
            integrations[re.search(r"\$\{(.+)\}", route["Target"])[1]],
            route.get("AuthorizationType", "NONE") == "NONE",
        )
        for route in of(ROUTE).values()
    ]
    return sorted(found, key=Route.order)


def payload(request, route, parameters, path, query, body):
    """The event of a request."""
    now = datetime.now(timezone.utc)
    headers = {}
    for name, value in request.headers.items():
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    cookies = [cookie.strip() for cookie in headers.pop("cookie", "").split(";") if cookie.strip()]
    source = request.client_address[0]
    host = headers.get("host", "")
    headers |= {
        "x-forwarded-for": ", ".join(filter(None, [headers.get("x-forwarded-for"), source])),
        "x-forwarded-port": str(request.server.server_port),
        "x-forwarded-proto": "http",
    }
    values = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    event = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.split(".")[0],
            "http": {
                "method": request.command,
                "path": path,
                "protocol": request.request_version,
                "sourceIp": source,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route.key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if values:
        event["queryStringParameters"] = values
    if parameters:
        event["pathParameters"] = parameters
    if body:
        try:
            event["body"] = body.decode()
        except UnicodeDecodeError:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return event


def answer_of(document):
    """Status, headers as pairs, and body, of what a function gave back."""
    if not isinstance(document, dict) or "statusCode" not in document:
        # Format 2.0: whatever is no answer is the body of one.
        return 200, [("content-type", "application/json")], json.dumps(document).encode()
    body = document.get("body") or ""
    data = base64.b64decode(body) if document.get("isBase64Encoded") else body.encode()
    headers = [(name.lower(), str(value)) for name, value in (document.get("headers") or {}).items()]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    headers += [("set-cookie", cookie) for cookie in document.get("cookies") or []]
    return int(document["statusCode"]), headers, data


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """A path may hold the token of a person."""

    def handle_request(self):
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return self.refuse(411, "Length Required")
        length = int(self.headers.get("Content-Length", 0))
        if length > LARGEST_BODY:
            self.close_connection = True
            return self.refuse(413, "Request Entity Too Large")
        body = self.rfile.read(length)
        path, _, query = self.path.partition("?")
        path = unquote(path)
        for route in self.server.routes:
            found = route.pattern.fullmatch(path)
            if found and route.method in ("ANY", self.command):
                break
        else:
            return self.refuse(404, "Not Found")
        if not route.is_open:
            return self.refuse(401, "Unauthorized")
        event = payload(self, route, dict(zip(route.names, found.groups())), path, query, body)
        return self.invoke(route.function, event)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_request

    def invoke(self, function, event):
        try:
            answer = self.server.functions.invoke(FunctionName=function, Payload=json.dumps(event).encode())
            data = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            print(f"{function}: {error}", file=sys.stderr)
            return self.refuse(503, "Service Unavailable")
        if "FunctionError" in answer:
            print(f"{function}: {data.decode(errors='replace')}", file=sys.stderr)
            return self.refuse(500, "Internal Server Error")
        try:
            status, headers, body = answer_of(json.loads(data or b"null"))
        except (ValueError, TypeError) as error:
            print(f"{function}: not an answer: {error}", file=sys.stderr)
            return self.refuse(500, "Internal Server Error")
        return self.reply(status, headers, body)

    def refuse(self, status, message):
        self.reply(status, [("content-type", "application/json")], json.dumps({"message": message}).encode())

    def reply(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            if name not in OF_THE_CONNECTION:
                self.send_header(name, value)
        if status >= 200 and status not in (204, 304):
            self.send_header("content-length", str(len(body)))
        else:
            body = b""
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Gateway(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port, stage):
        super().__init__(("127.0.0.1", port), Handler)
        self.routes = routes(stage)
        self.functions = client("lambda", read_timeout=TIMEOUT_SECONDS)


def main():
    parser = argparse.ArgumentParser(description="HTTP in front of functions, where there is no HTTP API.")
    parser.add_argument("--port", type=int, default=4580)
    parser.add_argument("--stage", default="local")
    options = parser.parse_args()
    gateway = Gateway(options.port, options.stage)
    print(f"http://127.0.0.1:{gateway.server_port}", flush=True)
    gateway.serve_forever()


if __name__ == "__main__":
    main()
