"""The pump against a real Scheduler API and SQS, those of AWS_ENDPOINT_URL. Functions are a stand-in."""

import json
import os
import subprocess
import sys
import unittest
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest import mock

from botocore.exceptions import ClientError

from address import client
from invocations import Invocations
from pump import Pump, Unserved, due_instant

ROLE = "arn:aws:iam::000000000000:role/schedule"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:wake"
# Far ahead, so that nothing else fires it.
DUE = datetime(2040, 11, 22, 9, 0, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def at(instant):
    return instant.strftime("at(%Y-%m-%dT%H:%M:%S)")


class Firing(unittest.TestCase):
    def setUp(self):
        self.functions = Invocations()
        self.addCleanup(self.functions.stop)
        variables = mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL_LAMBDA": self.functions.address})
        variables.start()
        self.addCleanup(variables.stop)
        self.scheduler, self.queues = client("scheduler"), client("sqs")
        self.group = f"pump-{uuid.uuid4().hex[:12]}"
        self.scheduler.create_schedule_group(Name=self.group)
        self.addCleanup(self.scheduler.delete_schedule_group, Name=self.group)
        self.pump = Pump(self.group)

    def make(self, name, expression, arn=FUNCTION, note="x", **settings):
        target = {"Arn": arn, "RoleArn": ROLE, "Input": json.dumps({"note": note})} | settings.pop("target", {})
        return self.scheduler.create_schedule(
            **{"ActionAfterCompletion": "DELETE"} | settings,
            Name=name,
            GroupName=self.group,
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )

    def make_queue(self, name):
        address = self.queues.create_queue(QueueName=name)["QueueUrl"]
        self.addCleanup(self.queues.delete_queue, QueueUrl=address)
        return address

    def received(self, address):
        messages = self.queues.receive_message(QueueUrl=address, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    def kept(self):
        return [found["Name"] for found in self.scheduler.list_schedules(GroupName=self.group)["Schedules"]]

    def delivered(self):
        """The notes that reached functions since the last look."""
        notes = [payload["note"] for _, _, payload in self.functions.seen]
        self.functions.seen.clear()
        return notes

    def test_a_queue_gets_the_input_and_the_schedule_is_gone(self):
        address = self.make_queue(self.group)
        self.make("m1", at(DUE), arn=f"arn:aws:sqs:us-east-1:000000000000:{self.group}")
        self.assertEqual(self.pump.pass_over(DUE), 0)
        self.assertEqual(self.received(address), [{"note": "x"}])
        self.assertEqual(self.kept(), [])

    def test_a_function_is_invoked_asynchronously_and_never_early(self):
        self.make("m1", at(DUE))
        self.pump.pass_over(DUE - SECOND)
        self.assertEqual((self.functions.seen, self.kept()), ([], ["m1"]))
        self.pump.pass_over(DUE)
        self.pump.pass_over(DUE + MINUTE)
        self.assertEqual(self.functions.seen, [(FUNCTION, "Event", {"note": "x"})])
        self.assertEqual(self.kept(), [])

    def test_what_is_not_deleted_fires_once_in_a_run(self):
        self.make("m1", at(DUE), ActionAfterCompletion="NONE")
        for later in range(3):
            self.pump.pass_over(DUE + later * MINUTE)
        self.assertEqual((self.delivered(), self.kept()), (["x"], ["m1"]))

    def test_a_name_made_anew_is_another_schedule(self):
        self.make("m1", at(DUE), note="first")
        self.pump.pass_over(DUE)
        self.make("m1", at(DUE), note="second")
        self.pump.pass_over(DUE)
        self.assertEqual(self.delivered(), ["first", "second"])

    def test_a_failed_delivery_is_tried_again(self):
        self.make("m1", at(DUE), arn=f"arn:aws:sqs:us-east-1:000000000000:{self.group}")
        self.make("m2", at(DUE), note="the other")
        with mock.patch("sys.stderr"):
            self.assertEqual(self.pump.pass_over(DUE), 1)
        self.assertEqual((self.kept(), self.delivered()), (["m1"], ["the other"]))
        address = self.make_queue(self.group)
        self.assertEqual(self.pump.pass_over(DUE), 0)
        self.assertEqual((self.kept(), self.received(address)), ([], [{"note": "x"}]))

    def test_a_failed_deletion_delivers_nothing_twice(self):
        self.make("m1", at(DUE))
        lost = ClientError({"Error": {"Code": "InternalServerException"}}, "DeleteSchedule")
        with mock.patch.object(self.pump.scheduler, "delete_schedule", side_effect=lost), mock.patch("sys.stderr"):
            self.assertEqual(self.pump.pass_over(DUE), 1)
        self.assertEqual(self.pump.pass_over(DUE), 0)
        self.assertEqual((self.delivered(), self.kept()), (["x"], []))

    def test_a_run_that_died_before_the_deletion_is_followed_by_a_second_delivery(self):
        self.make("m1", at(DUE))
        with mock.patch.object(self.pump.scheduler, "delete_schedule", side_effect=KeyboardInterrupt):
            self.assertRaises(KeyboardInterrupt, self.pump.pass_over, DUE)
        Pump(self.group).pass_over(DUE)
        self.assertEqual((self.delivered(), self.kept()), (["x", "x"], []))

    def test_a_rate_fires_at_once_and_then_once_each_period(self):
        self.make("sweep", "rate(5 minutes)")
        made = self.scheduler.get_schedule(Name="sweep", GroupName=self.group)["CreationDate"]
        counts = []
        for minutes in (0, 1, 4.9, 5, 9, 21, 24):
            self.pump.pass_over(made + minutes * MINUTE)
            counts.append(len(self.delivered()))
        self.assertEqual(counts, [1, 0, 0, 1, 0, 1, 0])
        self.assertEqual(self.kept(), ["sweep"])

    def test_a_disabled_schedule_does_not_fire(self):
        self.make("m1", at(DUE), State="DISABLED")
        self.assertEqual(self.pump.pass_over(DUE), 0)
        self.assertEqual((self.delivered(), self.kept()), ([], ["m1"]))

    def test_all_pages_are_read(self):
        for number in range(60):
            self.make(f"m{number:02}", at(DUE), note=number)
        self.pump.pass_over(DUE)
        self.assertEqual((sorted(self.delivered()), self.kept()), (list(range(60)), []))

    def test_what_is_not_served_is_named_and_stays(self):
        self.make("hour", "cron(0 9 * * ? *)")
        self.make("rome", at(DUE), ScheduleExpressionTimezone="Europe/Rome")
        self.make("topic", at(DUE), arn="arn:aws:sns:us-east-1:000000000000:topic")
        self.make("good", at(DUE))
        with mock.patch("sys.stderr") as stderr:
            self.assertEqual(self.pump.pass_over(DUE), 3)
        said = "".join(call.args[0] for call in stderr.write.call_args_list)
        for name in ("hour", "rome", "topic"):
            self.assertIn(f"{self.group}/{name}: not served", said)
        self.assertEqual((self.delivered(), sorted(self.kept())), (["x"], ["hour", "rome", "topic"]))

    def test_the_command_passes_once_at_an_instant(self):
        self.make("m1", at(DUE))

        def command(*arguments):
            program = Path(__file__).with_name("pump.py")
            return subprocess.run(
                [sys.executable, program, "--once", "--group", self.group, *arguments], capture_output=True, timeout=60
            )

        self.assertEqual(command("--now", (DUE - SECOND).isoformat()).returncode, 0)
        self.assertEqual(self.delivered(), [])
        self.assertEqual(command("--now", DUE.isoformat()).returncode, 0)
        self.assertEqual(self.delivered(), ["x"])
        self.make("hour", "cron(0 9 * * ? *)")
        self.assertEqual(command().returncode, 1, "a schedule that is not served")


class Instants(unittest.TestCase):
    def due(self, expression, now, **more):
        return due_instant({"ScheduleExpression": expression, "CreationDate": DUE} | more, now)

    def test_a_rate_counts_from_its_start(self):
        start = DUE + timedelta(hours=1)
        self.assertIsNone(self.due("rate(1 hour)", start - SECOND, StartDate=start))
        late = self.due("rate(1 hour)", start + 2.5 * timedelta(hours=1), StartDate=start)
        self.assertEqual(late, start + timedelta(hours=2))

    def test_a_rate_ends(self):
        end = DUE + 12 * MINUTE
        self.assertEqual(self.due("rate(5 minutes)", DUE + timedelta(days=1), EndDate=end), DUE + 10 * MINUTE)

    def test_days_are_24_hours(self):
        self.assertEqual(self.due("rate(2 days)", DUE + timedelta(days=5)), DUE + timedelta(days=4))

    def test_what_is_unknown_is_refused(self):
        for expression in ("cron(0 9 * * ? *)", "rate(1 week)", "at(tomorrow)"):
            with self.subTest(expression), self.assertRaises(Unserved):
                self.due(expression, DUE)


if __name__ == "__main__":
    unittest.main()
