"""Starts LocalStack 4.14.0 on this machine, without Docker.

It would download a server for DynamoDB and a Java to run it. Dynoxide, which `make tools` builds for the tests of the
table, takes that server's place: a variable DYNOXIDE names the binary. Everything else is LocalStack's own.
"""

import logging
import os
import sys

from localstack import constants
from localstack.runtime.main import main
from localstack.services.dynamodb.server import DynamodbServer
from localstack.utils.common import TMP_THREADS, ShellCommandThread

VERSION = "4.14.0"
DYNOXIDE = os.environ["DYNOXIDE"]

if constants.VERSION != VERSION:
    sys.exit(f"LocalStack {constants.VERSION}: this launcher fits {VERSION} only")
if not hasattr(DynamodbServer, "do_start_thread"):
    sys.exit("LocalStack's DynamoDB server has no do_start_thread")


def start_dynoxide(server):
    command = [DYNOXIDE, "serve", "--host", "127.0.0.1", "--port", str(server.port), "--log", "quiet"]
    thread = ShellCommandThread(command, log_listener=log, name="dynoxide")
    TMP_THREADS.append(thread)
    thread.start()
    return thread


def log(line, **_):
    logging.getLogger("dynoxide").debug(line.rstrip())


DynamodbServer.do_start_thread = start_dynoxide

main()
