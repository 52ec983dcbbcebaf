"""Clients of the AWS that the variables name, which is never an account."""

import os
import sys
from urllib.parse import urlparse

import boto3
from botocore.config import Config


def client(service, **settings):
    """The real SDK, with the addresses from AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>."""
    address = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    if not address:
        sys.exit("AWS_ENDPOINT_URL is not set")
    host = urlparse(address).hostname or ""
    if host.endswith(("amazonaws.com", "amazonaws.com.cn", "api.aws")):
        sys.exit(f"{address} is an account; this is for a local AWS")
    return boto3.client(
        service,
        endpoint_url=address,
        region_name=os.environ.get("AWS_REGION", "us-east-1"),
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}, retries={"total_max_attempts": 1}).merge(Config(**settings)),
    )
