"""Fires the schedules of a Scheduler API that keeps them and never fires them, such as LocalStack's.

    pump.py                  every second, until it is ended
    pump.py --once           one pass; --now 2026-11-22T09:00:00Z passes as if it were that instant
    --group NAME             this group only

Asks AWS_ENDPOINT_URL (AWS_ENDPOINT_URL_LAMBDA and the like where a service stands elsewhere). A schedule that is due is
delivered to its target, a function or a queue, with its Input; with ActionAfterCompletion=DELETE it is deleted then.
Each is delivered at least once, and in one run of this program never twice for the same instant. What could not be
delivered is tried again at the next pass, without end. Of a rate's instants that passed meanwhile only the last is
delivered.

Served are `at(…)` in UTC and `rate(…)`. What is anything else is named on stderr, and is then the exit status 1 of --once.
Not honoured: the retry policy, dead letters, flexible windows, and <aws.scheduler…> in an Input.
"""

import argparse
import re
import sys
import time
from datetime import datetime, timedelta, timezone

from botocore.exceptions import BotoCoreError, ClientError

from address import client

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class Unserved(Exception):
    """A schedule that AWS would fire and this does not."""


def due_instant(schedule, now):
    """The last instant until now at which the schedule is to fire; None while there is none."""
    expression = schedule["ScheduleExpression"]
    if at := re.fullmatch(r"at\((.+)\)", expression):
        if schedule.get("ScheduleExpressionTimezone", "UTC") != "UTC":
            raise Unserved(f"the zone {schedule['ScheduleExpressionTimezone']}")
        try:
            instant = datetime.strptime(at[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        except ValueError as error:
            raise Unserved(expression) from error
        return instant if instant <= now else None
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        every = int(rate[1]) * UNITS[rate[2]]
        # Without a start a rate fires as soon as it is made.
        start = schedule.get("StartDate") or schedule["CreationDate"]
        last = min(now, schedule.get("EndDate") or now)
        return start + (last - start) // every * every if start <= last else None
    raise Unserved(expression)


class Pump:
    def __init__(self, group=None):
        self.scheduler = client("scheduler")
        self.functions = client("lambda")
        self.queues = client("sqs")
        self.group = group
        # The last instant that was delivered, by schedule. One made anew under an old name is another.
        self.delivered = {}

    def pass_over(self, now):
        """Delivers what is due, and returns how many schedules there were that it could not serve."""
        failed = 0
        for name, group in self.names():
            try:
                self.fire(self.scheduler.get_schedule(Name=name, GroupName=group), now)
            except self.scheduler.exceptions.ResourceNotFoundException:
                # Deleted by somebody since it was listed.
                continue
            except Unserved as error:
                failed += 1
                print(f"{group}/{name}: not served: {error}", file=sys.stderr)
            except (BotoCoreError, ClientError) as error:
                failed += 1
                print(f"{group}/{name}: {error}", file=sys.stderr)
        return failed

    def names(self):
        """All of them first: deleting while pages are read could skip some."""
        pages = self.scheduler.get_paginator("list_schedules").paginate(
            **({"GroupName": self.group} if self.group else {})
        )
        return [(found["Name"], found["GroupName"]) for page in pages for found in page["Schedules"]]

    def fire(self, schedule, now):
        if schedule.get("State") == "DISABLED":
            return
        instant = due_instant(schedule, now)
        if instant is None:
            return
        key = (schedule["Arn"], schedule["CreationDate"], schedule["ScheduleExpression"])
        if self.delivered.get(key) != instant:
            self.deliver(schedule["Target"])
            self.delivered[key] = instant
        # After the delivery: who dies between the two delivers twice, never not at all.
        once = schedule["ScheduleExpression"].startswith("at(")
        if once and schedule.get("ActionAfterCompletion") == "DELETE":
            self.scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])

    def deliver(self, target):
        arn = target["Arn"]
        if "Input" not in target:
            raise Unserved("a target without Input")
        service, _, account, name = arn.split(":", 5)[2:]
        if service == "lambda":
            self.functions.invoke(FunctionName=arn, InvocationType="Event", Payload=target["Input"].encode())
        elif service == "sqs":
            address = self.queues.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
            ordered = {"MessageGroupId": target["SqsParameters"]["MessageGroupId"]} if "SqsParameters" in target else {}
            self.queues.send_message(QueueUrl=address, MessageBody=target["Input"], **ordered)
        else:
            raise Unserved(f"the target {arn}")


def instant(text):
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise argparse.ArgumentTypeError(f"`{text}` names no zone, such as Z")
    return parsed


def main():
    parser = argparse.ArgumentParser(description="Fires schedules that nothing else fires.")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--now", type=instant)
    parser.add_argument("--group")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two passes")
    options = parser.parse_args()
    if options.now and not options.once:
        parser.error("--now is for --once")
    pump = Pump(options.group)
    if options.once:
        sys.exit(1 if pump.pass_over(options.now or datetime.now(timezone.utc)) else 0)
    while True:
        try:
            pump.pass_over(datetime.now(timezone.utc))
        except (BotoCoreError, ClientError) as error:
            # The endpoint may not be up yet, or not any more.
            print(error, file=sys.stderr)
        time.sleep(options.every)


if __name__ == "__main__":
    main()
