"""Starts LocalStack 4.14.0 on this machine, without Docker.

It would download a server for DynamoDB and a Java to run it. Dynoxide, which `make tools` builds for the tests of the
table, takes that server's place: a variable DYNOXIDE names the binary. And it listens on this machine only. Everything
else is LocalStack's own.
"""

import logging
import os
import sys

from localstack import constants
from localstack.runtime.main import main
from localstack.services.dynamodb.server import DynamodbServer
from localstack.utils.common import TMP_THREADS, ShellCommandThread
from twisted.internet import endpoints

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


class HereOnly(endpoints.TCP4ServerEndpoint):
    """LocalStack takes the port of GATEWAY_LISTEN and forgets its host: it would listen on every interface."""

    def __init__(self, reactor, port):
        super().__init__(reactor, port, interface="127.0.0.1")


DynamodbServer.do_start_thread = start_dynoxide
endpoints.TCP4ServerEndpoint = HereOnly

main()
