"""Packages and deploys infra/template.yaml to a local AWS and writes the outputs to target/aws-outputs.json.

What is deployed is the very template; as `sam package` does, only each CodeUri is replaced by the uploaded archive.
Variables: AWS_ENDPOINT_URL (http://127.0.0.1:4566), AWS_ENDPOINT_URL_SESV2 (http://127.0.0.1:4567), FLUSSO_STAGE
(local), TARGET (target/ of the repository). Further parameters as arguments: Name=value.

QUICK_FUNCTION names one program that is every function, told by AWS_LAMBDA_FUNCTION_NAME which one: what is deployed
are then not the builds in TARGET/lambda but a line that starts it where it lies.
"""

import hashlib
import io
import json
import os
import platform
import re
import shlex
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlparse

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE.parent / "template.yaml"
TARGET = Path(os.environ.get("TARGET", HERE.parent.parent / "target"))
ENDPOINT = os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
SES = os.environ.get("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:4567")
QUICK = os.environ.get("QUICK_FUNCTION")
STAGE = os.environ.get("FLUSSO_STAGE", "local")
REGION = "us-east-1"
STACK = f"flusso-{STAGE}"
ARTIFACTS = f"flusso-{STAGE}-artifacts"

PARAMETERS = {
    "Stage": STAGE,
    "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    "MailFrom": "hello@example.com",
    "MailRate": "1000",
    "AllowedRecipients": "@example.com,@example.org,@example.net",
    "Alarms": "off",
    "DeletionProtection": "off",
    "TestClock": "on",
    "SingleShard": "on",
}


def client(service):
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}, proxies={}, retries={"max_attempts": 2}),
    )


def archive(files):
    """A zip of files by their names: the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def built(name):
    """The files of a function."""
    if QUICK:
        program = Path(QUICK).resolve(strict=True)
        # With its hash, so that another build is another archive.
        digest = hashlib.sha256(program.read_bytes()).hexdigest()
        return {"bootstrap": f"#!/bin/sh\n# {digest}\nexec {shlex.quote(str(program))}\n".encode()}
    folder = TARGET / "lambda" / name
    if not (folder / "bootstrap").is_file():
        sys.exit(f"{folder}/bootstrap is missing: build the functions first")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def package(s3):
    """Uploads the functions and returns the address of the template that names the uploads."""
    try:
        s3.create_bucket(Bucket=ARTIFACTS)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise

    def uploaded(found):
        name = Path(found["path"]).name
        data = archive(built(name))
        key = f"{name}-{hashlib.sha256(data).hexdigest()}.zip"
        try:
            s3.head_object(Bucket=ARTIFACTS, Key=key)
        except ClientError:
            s3.put_object(Bucket=ARTIFACTS, Key=key, Body=data)
        return f"CodeUri: s3://{ARTIFACTS}/{key}"

    text = re.sub(r"CodeUri: (?P<path>\.\./\S+)", uploaded, TEMPLATE.read_text())
    key = f"template-{hashlib.sha256(text.encode()).hexdigest()}.yaml"
    s3.put_object(Bucket=ARTIFACTS, Key=key, Body=text.encode())
    return f"{ENDPOINT}/{ARTIFACTS}/{key}"


def stack_of(cloudformation):
    try:
        return cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError:
        return {}


def status(cloudformation):
    return stack_of(cloudformation).get("StackStatus")


def outputs_of(cloudformation):
    outputs = stack_of(cloudformation).get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def local_address(outputs):
    """Where the API answers here: its own address resolves only on AWS."""
    return f"{ENDPOINT}/_aws/execute-api/{outputs['ApiId']}/$default"


def deploy(cloudformation, template, parameters):
    """Creates or updates the stack, and returns its outputs."""
    request = {
        "StackName": STACK,
        "TemplateURL": template,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    waiting = None
    if status(cloudformation) in ("ROLLBACK_COMPLETE", "CREATE_FAILED"):
        # Nothing came of the first try, and such a stack can't be updated.
        cloudformation.delete_stack(StackName=STACK)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    if status(cloudformation) is None:
        cloudformation.create_stack(**request)
        waiting = "stack_create_complete"
    else:
        try:
            cloudformation.update_stack(**request)
            waiting = "stack_update_complete"
        except ClientError as error:
            if "No updates" not in str(error):
                raise
    if waiting:
        try:
            cloudformation.get_waiter(waiting).wait(
                StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
            )
        except WaiterError:
            explain(cloudformation)
    return outputs_of(cloudformation)


def explain(cloudformation):
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("FAILED"):
            reason = event.get("ResourceStatusReason", "")
            print(f"{event['LogicalResourceId']}: {event['ResourceStatus']} {reason}", file=sys.stderr)
    sys.exit(f"the stack {STACK} could not be deployed")


def main():
    if urlparse(ENDPOINT).hostname.endswith("amazonaws.com"):
        sys.exit("this is for a local AWS; to an account leads `sam deploy --guided`")
    parameters = PARAMETERS | dict(argument.split("=", 1) for argument in sys.argv[1:])
    cloudformation = client("cloudformation")
    template = package(client("s3"))
    wants_address = not parameters.get("PublicUrl")
    before = outputs_of(cloudformation)
    if wants_address and before:
        parameters["PublicUrl"] = local_address(before)
    outputs = deploy(cloudformation, template, parameters)
    if wants_address and outputs["PublicUrl"] != local_address(outputs):
        # The id of the API is known only now.
        parameters["PublicUrl"] = local_address(outputs)
        outputs = deploy(cloudformation, template, parameters)
    outputs |= {"Endpoint": ENDPOINT, "SesEndpoint": SES, "Region": REGION, "Stage": STAGE}
    text = json.dumps(outputs, indent=2, sort_keys=True)
    (TARGET / "aws-outputs.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
