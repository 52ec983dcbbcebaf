"""Starts the local AWS with a quicker clock and a quicker wire than its defaults.

Settings come from variables: GATEWAY_PORT, BIND_HOST (127.0.0.1 unless given), AWS_ENDPOINT_URL. The functions run as
its children and inherit its environment; so AWS_ENDPOINT_URL_SESV2, set here, leads their mail to ses.py.
"""

import os
import socketserver
import sys

os.environ.setdefault("BIND_HOST", "127.0.0.1")
os.environ.setdefault("GATEWAY_PORT", "4566")
os.environ.setdefault("AWS_ENDPOINT_URL", f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")
os.environ.setdefault("MINISTACK_HOST", "127.0.0.1")
# Otherwise it opens a port for MQTT on every interface.
os.environ.setdefault("IOT_MTLS_ENABLED", "0")

# The settings above are read on import.
from ministack import app  # noqa: E402
from ministack.services import eventbridge, scheduler  # noqa: E402

TICK_SECONDS = 0.5

for module, name in (
    (scheduler, "_SCHEDULE_TICK_INTERVAL"),
    (eventbridge, "_SCHEDULER_TICK_INTERVAL"),
):
    if not hasattr(module, name):
        sys.exit(f"{module.__name__} has no {name}: this launcher fits the version in requirements.txt only")
    setattr(module, name, TICK_SECONDS)

# The little server that each function polls answers in small writes, which Nagle's algorithm would hold back.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

app.main()
