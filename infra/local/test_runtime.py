"""The measuring program, with programs that do what a function may do."""

import os
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path
from unittest import mock

import runtime
from runtime import Failed, machine_of, measure, over_budget, run, template_variables, value_of

# What is common to them: requests to the runtime API as a function makes them.
PREAMBLE = """
import json, os, sys, time, urllib.error, urllib.request
def ask(path, body=None, base=os.environ["AWS_LAMBDA_RUNTIME_API"]):
    request = urllib.request.Request(f"http://{base}/2018-06-01/runtime/{path}", body)
    return urllib.request.urlopen(request)
def ssm(operation, **request):
    headers = {"X-Amz-Target": "AmazonSSM." + operation}
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], json.dumps(request).encode(), headers)
    try:
        return json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error:
        return json.load(error)
"""


class Starts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def program(self, text):
        path = self.folder / "bootstrap"
        path.write_text(f"#!{sys.executable}\n{PREAMBLE}\n{textwrap.dedent(text)}")
        path.chmod(0o755)
        return str(path)

    def failure(self, text, **more):
        with self.assertRaises(Failed) as caught:
            run(self.program(text), {}, None, **more)
        return str(caught.exception)

    def test_a_start_lasts_until_the_first_request_for_an_event(self):
        ready, answered, peak_kb, answer = run(self.program("time.sleep(0.3); ask('invocation/next')"), {}, None)
        self.assertTrue(300 < ready < 5000, ready)
        self.assertTrue(1000 < peak_kb < 500_000, peak_kb)
        self.assertEqual((answered, answer), (None, None))

    def test_the_peak_of_memory_is_seen(self):
        small = run(self.program("ask('invocation/next')"), {}, None)[2]
        large = run(self.program("x = b'x' * 50_000_000; del x; ask('invocation/next')"), {}, None)[2]
        self.assertTrue(45_000 < large - small < 55_000, (small, large))

    def test_an_event_is_handed_over_and_answered(self):
        text = """
            event = ask("invocation/next")
            number = event.headers["Lambda-Runtime-Aws-Request-Id"]
            time.sleep(0.2)
            ask(f"invocation/{number}/response", b"got " + event.read())
            ask("invocation/next")
        """
        ready, answered, _, answer = run(self.program(text), {}, None, b'{"a": 1}')
        self.assertEqual(answer, b'got {"a": 1}')
        self.assertGreater(answered - ready, 200)

    def test_an_answer_may_come_in_chunks(self):
        text = """
            import http.client
            number = ask("invocation/next").headers["Lambda-Runtime-Aws-Request-Id"]
            connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
            path = f"/2018-06-01/runtime/invocation/{number}/response"
            connection.request("POST", path, iter([b"one ", b"two"]), encode_chunked=True,
                               headers={"Transfer-Encoding": "chunked"})
            connection.getresponse()
            ask("invocation/next")
        """
        self.assertEqual(run(self.program(text), {}, None, b"{}")[3], b"one two")

    def test_a_start_that_fails_says_why(self):
        said = self.failure("""ask("init/error", b'{"errorMessage": "no secrets"}')""")
        self.assertIn("no secrets", said)
        said = self.failure("print('the environment lacks X', flush=True); sys.exit(3)")
        self.assertIn("ended with status 3", said)
        self.assertIn("the environment lacks X", said)

    def test_an_event_that_fails_says_why(self):
        text = """
            number = ask("invocation/next").headers["Lambda-Runtime-Aws-Request-Id"]
            ask(f"invocation/{number}/error", b'{"errorMessage": "no table"}')
            ask("invocation/next")
        """
        self.assertIn("no table", self.failure(text, event=b"{}"))
        self.assertIn("ended with status 9", self.failure("ask('invocation/next'); sys.exit(9)", event=b"{}"))

    def test_a_program_that_never_asks_is_given_up(self):
        with mock.patch.object(runtime, "START_SECONDS", 0.3):
            self.assertIn("did not ask for an event", self.failure("time.sleep(60)"))

    def test_the_environment_is_lambdas_and_the_templates_and_not_the_callers(self):
        text = """
            number = ask("invocation/next").headers["Lambda-Runtime-Aws-Request-Id"]
            ask(f"invocation/{number}/response", json.dumps(dict(os.environ)).encode())
            ask("invocation/next")
        """
        with mock.patch.dict(os.environ, {"AWS_PROFILE": "mine"}):
            answer = run(self.program(text), {}, "http://127.0.0.1:1", b"{}")[3].decode()
        seen = runtime.json.loads(answer)
        self.assertNotIn("AWS_PROFILE", seen)
        self.assertEqual((seen["AWS_ENDPOINT_URL"], seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]), ("http://127.0.0.1:1", "256"))
        self.assertEqual(set(template_variables()) - seen.keys(), set())

    def test_secrets_are_kept_from_start_to_start(self):
        text = """
            before = ssm("GetParametersByPath", Path="/p")["Parameters"]
            put = [ssm("PutParameter", Name="/p/a", Value="v", Type="SecureString").get("__type") for _ in range(2)]
            other = ssm("GetParametersByPath", Path="/pp")["Parameters"]
            refused = ssm("DeleteParameter", Name="/p/a")["__type"]
            number = ask("invocation/next").headers["Lambda-Runtime-Aws-Request-Id"]
            ask(f"invocation/{number}/response", json.dumps([len(before), put, other, refused]).encode())
            ask("invocation/next")
        """
        parameters = {}
        answers = [runtime.json.loads(run(self.program(text), parameters, None, b"{}")[3]) for _ in range(2)]
        exists = "ParameterAlreadyExists"
        self.assertEqual(answers, [[0, [None, exists], [], "AccessDeniedException"],
                                   [1, [exists, exists], [], "AccessDeniedException"]])


class Numbers(unittest.TestCase):
    def test_the_template_gives_what_has_a_value(self):
        names = template_variables()
        self.assertIn("FLUSSO_SINGLE_SHARD", names)
        values = {name: value_of(name, "http://aws") for name in names}
        self.assertEqual(values["FLUSSO_QUEUE_STEPS_BULK"], "http://aws/000000000000/flusso-local-steps-bulk")
        self.assertRegex(values["FLUSSO_SCHEDULE_TARGET_ARN"], "^arn:aws:lambda:")
        self.assertRegex(values["FLUSSO_SCHEDULE_DLQ_ARN"], "^arn:aws:sqs:")

    def test_a_budget_is_held(self):
        numbers = {"function": "wake", "mb": 10.0, "start_ms_best": 30.0}
        self.assertEqual(over_budget(numbers, 10, 30), [])
        self.assertEqual(len(over_budget(numbers, 9.9, 29.9)), 2)
        self.assertEqual(over_budget({"function": "wake", "mb": 10.1}, 10, 30),
                         ["wake: 10.1 MB, and 10 are allowed"])

    def test_a_program_for_another_processor_is_only_weighed(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"\x7fELF" + b"\0" * 14 + b"\x08\0")
            file.flush()
            numbers = measure(file.name, 1)
        self.assertEqual(numbers["built_for"], "unknown")
        self.assertNotIn("start_ms_best", numbers)
        self.assertEqual(machine_of("/bin/sh"), os.uname().machine)

    def test_a_script_is_no_function(self):
        self.assertRaises(Failed, machine_of, __file__)


if __name__ == "__main__":
    unittest.main()
