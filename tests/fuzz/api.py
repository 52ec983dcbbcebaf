"""Starts the program on a new folder, fills an account, and has schemathesis ask everything that the document names.

    api.py PROGRAM SEED EXAMPLES
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import requests

import things

# What an operation's address speaks of, by the pattern of its path: the dictionary that a parameter is drawn from.
NAMES = [
    (r"^/v1/contacts/\{id\}/erase", {"id": "doomed"}),
    (r"^/v1/contacts/\{id\}/(documents|enrollments)/", {"id": "holder", "document": "document", "enrollment": "enrollment"}),
    (
        r"^/v1/(contacts|duplicates)/\{id\}(?!/(erase|documents/|enrollments/))",
        {
            "id": "contact", "other": "contact", "sort": "sort", "record": "record",
            "tag": "label", "list": "label", "group": "label", "type": "label",
        },
    ),
    (r"^/v1/(workflows|statistics)/", {"id": "workflow", "version": "version"}),
    (r"^/v1/(jobs|bulk|filters/jobs)/", {"id": "job"}),
    (r"^/v1/ready/", {"id": "ready"}),
    (r"^/f/", {"form": "form"}),
    (r"^/v1/(forms|templates|teams|segments|users|fields|folders|pipelines|coupons)/", {"id": "name", "key": "name"}),
]
# How often it is: else it is anything.
OFTEN = 0.8
# Of so many operations nothing may have been accepted: what they ask for is seldom there, such as a restore under way,
# or the file of an import whose parts have come.
CLOSED = 25
# All but three of them. `positive_data_acceptance`: what a schema can't say is refused all the same, such as a zone that
# there is not, or the name of a stage that no pipeline has. `ensure_resource_availability`: what is made may be deleted by
# another request that is drawn at the same time. `object_level_authorization`: an account has one owner of everything.
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ignored_auth",
]


def start(program, folder):
    """The program, when it answers, and where it is."""
    address = f"http://127.0.0.1:{things.free_port()}"
    log = open(folder / "program.log", "wb")
    child = subprocess.Popen(
        [program, "serve", "--listen", address.removeprefix("http://"), "--data", folder / "data", "--clock", "1x"],
        stdout=subprocess.DEVNULL, stderr=log,
    )
    for _ in range(1200):
        try:
            child.wait(0.05)
        except subprocess.TimeoutExpired:
            pass
        else:
            raise SystemExit(f"the program ended by itself: {(folder / 'program.log').read_text()}")
        try:
            if requests.get(f"{address}/v1/health", timeout=5).ok:
                return child, address
        except requests.ConnectionError:
            pass
    child.kill()
    raise SystemExit("the program did not answer within a minute")


def settings(known):
    """The configuration: the dictionaries, and where each is used."""
    # 410 is a refusal too: the contact was erased, before anybody looked at what is asked of it.
    refusals = [400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422]
    lines = ["[checks.negative_data_rejection]", f"expected-statuses = {refusals}"]
    for name, values in known.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values)}"]
    for pattern, parameters in NAMES:
        lines += ["[[operations]]", f"include-path-regex = '{pattern}'"]
        for parameter, name in parameters.items():
            lines.append(f'parameters."path.{parameter}" = {{ dictionary = "{name}", probability = {OFTEN} }}')
    return "\n".join(lines) + "\n"


def fuzz(address, key, folder, seed, examples):
    command = [
        pathlib.Path(sys.executable).with_name("schemathesis"),
        "--config-file", folder / "schemathesis.toml", "run", f"{address}/openapi.json",
        "--header", f"Authorization: Bearer {key}", "--checks", ",".join(CHECKS),
        "--seed", seed, "--max-examples", examples, "--phases", "examples,coverage,fuzzing,stateful",
        "--generation-database", "none", "--continue-on-failure", "--request-timeout", "30", "--no-color",
        "--report", "json", "--report-json-path", folder / "report.json", "--warnings", "off",
    ]
    return subprocess.run([str(part) for part in command], cwd=folder, check=False).returncode


def unreached(report):
    """The operations of which nothing was ever accepted: they were not fuzzed but refused at the door."""
    rates = report["valid_rates"]
    return sorted(
        operation for operation, phases in rates.items() if not any(phase["accepted"] for phase in phases.values())
    )


def main(program, seed, examples):
    with tempfile.TemporaryDirectory(prefix="flusso-fuzz-") as name:
        folder = pathlib.Path(os.environ.get("KEEP") or name)
        child, address = start(program, folder)
        try:
            account = things.Account(address, things.key_of(folder / "data"))
            (folder / "schemathesis.toml").write_text(settings(things.prepare(account)), encoding="utf-8")
            key = account.ask("POST", "/v1/keys", {"name": "fuzz"})["key"]
            failed = fuzz(address, key, folder, seed, examples)
            report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
            closed = unreached(report)
            print(f"nothing was accepted of {len(closed)} of {report['operations']['tested']} operations: {', '.join(closed)}")
            if len(closed) > CLOSED or report["operations"]["tested"] < report["operations"]["total"]:
                raise SystemExit("too little of the API was reached")
            if child.poll() is not None:
                raise SystemExit("the program ended by itself")
            # Had the key been revoked on the way, everything after that would have been refused.
            things.Account(address, key).ask("GET", "/v1/account")
        finally:
            child.terminate()
            child.wait()
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
