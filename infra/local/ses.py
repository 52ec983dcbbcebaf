"""A stand-in for SES: keeps every mail as it was handed over, and tells what became of it as SES would.

POST /v2/email/outbound-emails   SendEmail of SES v2; answers {"MessageId": ...}
GET  /v2/email/account           enough of GetAccount
GET  /v2/email/identities/NAME   enough of GetEmailIdentity
GET  /_sent                      all that was accepted, oldest first
POST /_event                     {"message_id": ..., "type": "bounce", "detail": {...}, "topic_arn": ...}
                                 publishes the event through SNS; detail is laid over the event's own object
POST /_fail                      {"status": 429, "code": "TooManyRequestsException", "times": 1, "to": ...}
                                 or {"drop": "after"}: taken and kept, but never answered
                                 or {"drop": "before"}: the connection ends and nothing was taken
                                 "delay_ms" waits before any of these, or before a good answer
POST /_account                   {"account": {...}, "identity": {...}} is laid over the answers of GetAccount and
                                 GetEmailIdentity; an identity of null is not known
POST /_reset                     forgets mails, scripted failures and what was laid over

Variables: SES_PORT (4567), AWS_ENDPOINT_URL (http://127.0.0.1:4566), SES_TOPIC_ARN (the topic of stage `local`).
"""

import base64
import json
import os
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

AWS = os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
REGION = os.environ.get("AWS_REGION", "us-east-1")
ACCOUNT = "000000000000"
TOPIC = os.environ.get("SES_TOPIC_ARN", f"arn:aws:sns:{REGION}:{ACCOUNT}:flusso-local-feedback")

lock = threading.Lock()
sent = []
failures = []
# What was laid over the state of the account and of every identity.
over = {"account": {}, "identity": {}}

# Name of the event in the JSON of SES, and of the object that describes it.
KINDS = {
    "send": ("Send", "send"),
    "delivery": ("Delivery", "delivery"),
    "delay": ("DeliveryDelay", "deliveryDelay"),
    "delivery_delay": ("DeliveryDelay", "deliveryDelay"),
    "bounce": ("Bounce", "bounce"),
    "complaint": ("Complaint", "complaint"),
    "reject": ("Reject", "reject"),
    "open": ("Open", "open"),
    "click": ("Click", "click"),
    "rendering_failure": ("Rendering Failure", "failure"),
}


def timestamp(later=timedelta()):
    return (datetime.now(timezone.utc) + later).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def keep(request):
    """One accepted mail: the request as it came, and what is read out of it."""
    content = request.get("Content", {})
    destination = request.get("Destination", {})
    mail = {
        "message_id": f"0100{int(time.time() * 1000):012x}-{uuid.uuid4()}-000000",
        "accepted_at": timestamp(),
        "from": request.get("FromEmailAddress"),
        "to": sum((destination.get(key, []) for key in ("ToAddresses", "CcAddresses", "BccAddresses")), []),
        "reply_to": request.get("ReplyToAddresses", []),
        "configuration_set": request.get("ConfigurationSetName"),
        "tags": {tag["Name"]: tag["Value"] for tag in request.get("EmailTags", [])},
        "headers": [],
        "subject": None,
        "text": None,
        "html": None,
        "raw": None,
        "request": request,
    }
    if "Raw" in content:
        read_raw(mail, content["Raw"]["Data"])
    elif "Simple" in content:
        simple = content["Simple"]
        body = simple.get("Body", {})
        mail["headers"] = [{"name": h["Name"], "value": h["Value"]} for h in simple.get("Headers", [])]
        mail["subject"] = simple.get("Subject", {}).get("Data")
        mail["text"] = body.get("Text", {}).get("Data")
        mail["html"] = body.get("Html", {}).get("Data")
    return mail


def read_raw(mail, data):
    raw = base64.b64decode(data)
    message = message_from_bytes(raw, policy=policy.default)
    mail["raw"] = raw.decode("utf-8", "replace")
    mail["headers"] = [{"name": name, "value": str(value)} for name, value in message.items()]
    mail["subject"] = message["Subject"]
    mail["from"] = mail["from"] or message["From"]
    if not mail["to"]:
        people = (message[name].addresses for name in ("To", "Cc") if message[name])
        mail["to"] = [address.addr_spec for addresses in people for address in addresses]
    for key, kind in (("text", "plain"), ("html", "html")):
        part = message.get_body(preferencelist=(kind,))
        mail[key] = part.get_content() if part else None


def describe(mail, kind):
    """The object of an event, filled with what SES would say on a plain day."""
    person = mail["to"][0] if mail["to"] else ""
    reader = {"ipAddress": "192.0.2.1", "timestamp": timestamp(), "userAgent": "Mozilla/5.0"}
    feedback = {"timestamp": timestamp(), "feedbackId": mail["message_id"] + "-feedback"}
    return {
        "send": {},
        "delivery": {
            "timestamp": timestamp(),
            "processingTimeMillis": 500,
            "recipients": mail["to"],
            "smtpResponse": "250 2.0.0 OK",
            "reportingMTA": "a8-1.smtp-out.amazonses.com",
        },
        "deliveryDelay": {
            "timestamp": timestamp(),
            "delayType": "TransientCommunicationFailure",
            "expirationTime": timestamp(timedelta(hours=12)),
            "delayedRecipients": [
                {"emailAddress": person, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect"}
            ],
        },
        "bounce": feedback
        | {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": person,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
            "reportingMTA": "dsn; a8-1.smtp-out.amazonses.com",
        },
        "complaint": feedback
        | {
            "complainedRecipients": [{"emailAddress": person}],
            "complaintSubType": None,
            "complaintFeedbackType": "abuse",
            "userAgent": "Yahoo!-Mail-Feedback/2.0",
            "arrivalDate": timestamp(),
        },
        "reject": {"reason": "Bad content"},
        "open": reader,
        "click": reader | {"link": "https://example.com/", "linkTags": None},
        "failure": {"errorMessage": "Attribute is not present in the rendering data.", "templateName": "template"},
    }[kind]


def event(mail, kind, detail):
    name, member = KINDS[kind]
    tags = {tag: [value] for tag, value in mail["tags"].items()}
    tags["ses:configuration-set"] = [mail["configuration_set"]]
    tags["ses:from-domain"] = [(mail["from"] or "").rsplit("@", 1)[-1].rstrip(">")]
    headers = mail["headers"] or [
        {"name": "From", "value": mail["from"]},
        {"name": "To", "value": ", ".join(mail["to"])},
        {"name": "Subject", "value": mail["subject"]},
    ]
    return {
        "eventType": name,
        "mail": {
            "timestamp": mail["accepted_at"],
            "source": mail["from"],
            "sendingAccountId": ACCOUNT,
            "messageId": mail["message_id"],
            "destination": mail["to"],
            "headersTruncated": False,
            "headers": headers,
            "commonHeaders": {
                "from": [mail["from"]],
                "to": mail["to"],
                "messageId": mail["message_id"],
                "subject": mail["subject"],
            },
            "tags": tags,
        },
        member: describe(mail, member) | (detail or {}),
    }


def publish(topic, message):
    """Publish of SNS. No signature is checked here; the header only says which service is meant."""
    form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": json.dumps(message)}
    credential = f"test/20260101/{REGION}/sns/aws4_request"
    request = urllib.request.Request(
        AWS,
        data=urllib.parse.urlencode(form).encode(),
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def scripted(mail):
    """The next failure that is meant for this mail, taken off the list."""
    for failure in failures:
        if failure.get("to") in (None, *mail["to"]):
            failure["times"] -= 1
            if failure["times"] <= 0:
                failures.remove(failure)
            return failure
    return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path == "/_sent":
            with lock:
                self.answer(200, sent)
        elif self.path == "/v2/email/account":
            quota = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": float(len(sent))}
            self.answer(
                200,
                {
                    "ProductionAccessEnabled": True,
                    "SendingEnabled": True,
                    "EnforcementStatus": "HEALTHY",
                    "SendQuota": quota,
                }
                | over["account"],
            )
        elif self.path.startswith("/v2/email/identities/") and over["identity"] is not None:
            dkim = {"Status": "SUCCESS", "SigningEnabled": True}
            self.answer(
                200,
                {"VerifiedForSendingStatus": True, "VerificationStatus": "SUCCESS", "DkimAttributes": dkim}
                | over["identity"],
            )
        else:
            self.refuse(404, "NotFoundException", self.path)

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            return self.refuse(400, "BadRequestException", "the body is not JSON")
        act = {
            "/v2/email/outbound-emails": self.send_email,
            "/_event": self.event,
            "/_fail": self.fail,
            "/_account": self.account,
            "/_reset": self.reset,
        }.get(self.path)
        if act is None:
            return self.refuse(404, "NotFoundException", self.path)
        act(request)

    def send_email(self, request):
        try:
            mail = keep(request)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return self.refuse(400, "BadRequestException", repr(error))
        with lock:
            failure = scripted(mail)
            taken = "status" not in failure and failure.get("drop") != "before"
            if taken:
                sent.append(mail)
        if failure.get("delay_ms"):
            time.sleep(failure["delay_ms"] / 1000)
        if "status" in failure:
            self.refuse(failure["status"], failure.get("code", "InternalFailure"), "scripted")
        elif "drop" in failure:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.answer(200, {"MessageId": mail["message_id"]})

    def event(self, request):
        with lock:
            mail = next((m for m in sent if m["message_id"] == request.get("message_id")), None)
        if mail is None:
            return self.refuse(404, "NotFoundException", "no such message_id")
        if request.get("type") not in KINDS:
            return self.refuse(400, "BadRequestException", f"type is one of {', '.join(KINDS)}")
        message = event(mail, request["type"], request.get("detail"))
        try:
            publish(request.get("topic_arn", TOPIC), message)
        except urllib.error.URLError as error:
            reason = error.read().decode() if isinstance(error, urllib.error.HTTPError) else str(error)
            return self.refuse(502, "PublishFailed", reason)
        self.answer(200, message)

    def fail(self, request):
        if not {"status", "drop", "delay_ms"} & request.keys() or request.get("drop") not in (None, "before", "after"):
            return self.refuse(400, "BadRequestException", "needs status, drop (before, after) or delay_ms")
        with lock:
            failures.append({"times": 1} | request)
        self.answer(200, {"waiting": len(failures)})

    def account(self, request):
        if not request.keys() <= over.keys():
            return self.refuse(400, "BadRequestException", f"takes {', '.join(over)}")
        with lock:
            over.update(request)
        self.answer(200, over)

    def reset(self, _request):
        with lock:
            sent.clear()
            failures.clear()
            over.update(account={}, identity={})
        self.answer(200, {})

    def refuse(self, status, code, message):
        self.answer(status, {"message": message}, {"x-amzn-ErrorType": code})

    def answer(self, status, body, headers=None):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ.get("SES_PORT", "4567"))), Handler).serve_forever()
