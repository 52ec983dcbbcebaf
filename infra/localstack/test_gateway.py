"""The gateway in front of a stand-in of the Invoke API."""

import base64
import http.client
import os
import socket
import threading
import unittest
from unittest import mock

import gateway
from gateway import Gateway, answer_of
from invocations import Invocations


class Serving(unittest.TestCase):
    def setUp(self):
        self.functions = Invocations()
        self.addCleanup(self.functions.stop)
        self.start(self.functions.address)

    def start(self, functions):
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL_LAMBDA": functions}):
            self.gateway = Gateway(0, "test")
        threading.Thread(target=self.gateway.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.gateway.server_close)
        self.addCleanup(self.gateway.shutdown)

    def ask(self, method, path, body=None, headers=()):
        """Status, headers as pairs, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.server_port, timeout=10)
        self.addCleanup(connection.close)
        connection.putrequest(method, path)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def event(self, *request, **more):
        """What the function gets of this request."""
        self.functions.answer = {"statusCode": 204}
        self.assertEqual(self.ask(*request, **more)[0], 204)
        return self.functions.seen[-1]

    def test_a_form_reaches_its_function_whole(self):
        function, kind, event = self.event(
            "POST",
            "/f/guide?utm=a%20b&tag=1&tag=2&empty=",
            b"email=anna%40example.com&name=Ann\xc3\xa8",
            [
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Cookie", "a=1; b=2"),
                ("X-Two", "one"),
                ("x-two", "two"),
                ("X-Forwarded-For", "192.0.2.7"),
                ("User-Agent", "tests"),
            ],
        )
        self.assertEqual((function, kind), ("flusso-test-intake", "RequestResponse"))
        context = event.pop("requestContext")
        headers = event.pop("headers")
        self.assertEqual(
            event,
            {
                "version": "2.0",
                "routeKey": "POST /f/{form}",
                "rawPath": "/f/guide",
                "rawQueryString": "utm=a%20b&tag=1&tag=2&empty=",
                "cookies": ["a=1", "b=2"],
                "queryStringParameters": {"utm": "a b", "tag": "1,2", "empty": ""},
                "pathParameters": {"form": "guide"},
                "body": "email=anna%40example.com&name=Annè",
                "isBase64Encoded": False,
            },
        )
        self.assertEqual(
            context["http"],
            {
                "method": "POST",
                "path": "/f/guide",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "tests",
            },
        )
        self.assertEqual((context["stage"], context["routeKey"]), ("$default", "POST /f/{form}"))
        self.assertEqual(headers["content-type"], "application/x-www-form-urlencoded")
        self.assertEqual(headers["x-two"], "one,two")
        self.assertEqual(headers["x-forwarded-for"], "192.0.2.7, 127.0.0.1")
        self.assertEqual(headers["content-length"], "35")
        self.assertNotIn("cookie", headers)
        self.assertEqual([name for name in headers if name != name.lower()], [])

    def test_a_body_that_is_not_text_comes_as_base64(self):
        body = b"\xff\x00\xfe"
        event = self.event("POST", "/v1/imports", body)[2]
        self.assertTrue(event["isBase64Encoded"])
        self.assertEqual(base64.b64decode(event["body"]), body)

    def test_a_request_without_body_query_and_cookies_names_none(self):
        event = self.event("GET", "/style.css")[2]
        self.assertEqual(event["rawQueryString"], "")
        self.assertEqual({"body", "cookies", "queryStringParameters", "pathParameters"} & event.keys(), set())

    def test_the_path_is_decoded(self):
        event = self.event("POST", "/f/a%20b%2Bc")[2]
        self.assertEqual((event["rawPath"], event["pathParameters"]), ("/f/a b+c", {"form": "a b+c"}))

    def test_a_route_takes_the_rest_of_a_path(self):
        function, _, event = self.event("DELETE", "/v1/workflows/benvenuto/people")
        self.assertEqual(function, "flusso-test-admin")
        self.assertEqual(event["routeKey"], "ANY /v1/{proxy+}")
        self.assertEqual(event["pathParameters"], {"proxy": "workflows/benvenuto/people"})

    def test_of_two_that_take_the_rest_the_longer_one_does(self):
        function, _, event = self.event("DELETE", "/v1/contacts/con_a/consents")
        self.assertEqual(function, "flusso-test-contacts")
        self.assertEqual(event["routeKey"], "ANY /v1/contacts/{proxy+}")
        self.assertEqual(event["pathParameters"], {"proxy": "con_a/consents"})

    def test_what_the_template_does_not_route_reaches_nobody(self):
        for method, path in [("GET", "/"), ("PUT", "/f/guide"), ("POST", "/f/a/b"), ("GET", "/v1/"), ("GET", "/v2/x")]:
            with self.subTest(path):
                self.assertEqual(self.ask(method, path)[0::2], (404, b'{"message": "Not Found"}'))
        self.assertEqual(self.functions.seen, [])

    def test_people_are_refused_without_a_pool_that_knows_them(self):
        status, _, _ = self.ask("GET", "/app/v1/workflows", headers=[("Authorization", "Bearer x")])
        self.assertEqual((status, self.functions.seen), (401, []))

    def test_an_answer_goes_out_as_it_is(self):
        self.functions.answer = {
            "statusCode": 303,
            "headers": {"Location": "https://example.com/thanks", "X-Number": 7},
            "cookies": ["a=1; Path=/", "b=2"],
            "body": "to be seen",
        }
        status, headers, body = self.ask("POST", "/f/guide", b"x")
        self.assertEqual((status, body), (303, b"to be seen"))
        self.assertIn(("location", "https://example.com/thanks"), headers)
        self.assertIn(("x-number", "7"), headers)
        self.assertEqual([value for name, value in headers if name == "set-cookie"], ["a=1; Path=/", "b=2"])
        self.assertIn(("content-length", "10"), headers)

    def test_a_coded_answer_is_decoded(self):
        self.functions.answer = {
            "statusCode": 200,
            "headers": {"content-type": "image/svg+xml", "content-length": "999"},
            "isBase64Encoded": True,
            "body": base64.b64encode(b"\x89\xff").decode(),
        }
        status, headers, body = self.ask("GET", "/icon.svg")
        self.assertEqual((status, body), (200, b"\x89\xff"))
        self.assertEqual([pair for pair in headers if pair[0].startswith("content-")],
                         [("content-type", "image/svg+xml"), ("content-length", "2")])

    def test_a_head_has_no_body(self):
        self.functions.answer = {"statusCode": 200, "body": "seven b"}
        with socket.create_connection(("127.0.0.1", self.gateway.server_port), timeout=10) as connection:
            connection.sendall(b"HEAD /v1/contacts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        self.assertIn(b"content-length: 7\r\n", answer)
        self.assertTrue(answer.endswith(b"\r\n\r\n"), answer)

    def test_a_connection_serves_again(self):
        self.functions.answer = {"statusCode": 200, "body": "x"}
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.server_port, timeout=10)
        self.addCleanup(connection.close)
        for _ in range(3):
            connection.request("POST", "/f/guide", b"a=b")
            self.assertEqual(connection.getresponse().read(), b"x")
        self.assertEqual(len(self.functions.seen), 3)

    def test_a_function_that_failed_is_an_error_without_its_words(self):
        self.functions.answer = {"errorMessage": "secret"}
        self.functions.error = "Unhandled"
        with mock.patch("sys.stderr"):
            self.assertEqual(self.ask("POST", "/f/guide")[0::2], (500, b'{"message": "Internal Server Error"}'))

    def test_an_answer_that_is_none_is_an_error(self):
        for answer in ({"statusCode": "many"}, {"statusCode": 200, "isBase64Encoded": True, "body": "a"}):
            self.functions.answer = answer
            with self.subTest(answer), mock.patch("sys.stderr"):
                self.assertEqual(self.ask("POST", "/f/guide")[0], 500)

    def test_a_function_that_takes_too_long_is_not_waited_for(self):
        self.functions.go_on.clear()
        with mock.patch.object(gateway, "TIMEOUT_SECONDS", 0.2):
            self.start(self.functions.address)
        with mock.patch("sys.stderr"):
            self.assertEqual(self.ask("POST", "/f/guide")[0], 503)
        self.assertEqual(len(self.functions.seen), 1)

    def test_no_function_at_all_is_said(self):
        self.functions.stop()
        with mock.patch("sys.stderr"):
            self.assertEqual(self.ask("POST", "/f/guide")[0], 503)

    def test_a_body_over_ten_megabytes_is_refused(self):
        length = ("Content-Length", str(10 * 1024 * 1024 + 1))
        self.assertEqual(self.ask("POST", "/f/guide", headers=[length])[0], 413)
        self.assertEqual(self.functions.seen, [])

    def test_a_body_of_unknown_length_is_refused(self):
        self.assertEqual(self.ask("POST", "/f/guide", headers=[("Transfer-Encoding", "chunked")])[0], 411)


class Answers(unittest.TestCase):
    def test_what_is_no_answer_is_the_body_of_one(self):
        for document, body in [({"a": 1}, b'{"a": 1}'), ("text", b'"text"'), (None, b"null"), ([1], b"[1]")]:
            with self.subTest(document):
                self.assertEqual(answer_of(document), (200, [("content-type", "application/json")], body))


if __name__ == "__main__":
    unittest.main()
