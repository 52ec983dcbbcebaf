"""What an account has before it is fuzzed: something of each kind, so that addresses lead somewhere."""

import pathlib
import socket

import requests

WORKFLOW = """
workflow: {id}
name: Un benvenuto
triggers: [{{ event: guide.requested }}]
reentry: always
steps:
  - id: welcome
    send email: {{ subject: Benvenuto, body: "Ciao {{{{ contact.first_name | default(\\"amico\\") }}}}" }}
  - wait: 1 day
  - add tag: accolto
"""
STAGES = [{"id": "Nuovo", "label": "New"}, {"id": "Offerta", "label": "Offer sent", "probability": 60}]
USER = {"name": "Giulia", "email": "giulia@shop.example", "role": "manager", "zone": "Europe/Rome"}
LOYALTY = {
    "earning": {"by": "payment", "points": 1, "per": 100, "currency": "EUR"},
    "rewards": {"caffe": {"name": "Un caffè", "points": 1}},
}
# One id for a record of each sort, so that any sort goes with it.
RECORD = "R-1"
RECORDS = {
    "deals": {"id": RECORD, "title": "Cucina", "pipeline": "Vendite", "stage": "Nuovo", "value": 120000, "currency": "EUR"},
    "quotes": {"id": RECORD, "title": "Cucina", "value": 120000, "currency": "EUR"},
    "tasks": {"id": RECORD, "title": "Chiamare", "assignee": "giulia"},
    "offers": {"id": RECORD},
    "appointments": {"id": RECORD, "calendar": "showroom", "starts_at": "2030-01-07T09:00:00Z"},
    "plans": {"id": RECORD, "value": 900, "currency": "EUR"},
    "invoices": {"id": RECORD, "number": "1/2030", "amount": 120000, "currency": "EUR"},
}


class Account:
    """A client of the program that takes no refusal."""

    def __init__(self, address, key):
        self.address = address
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def ask(self, method, path, body=None, **more):
        answer = self.session.request(method, self.address + path, json=body, timeout=30, **more)
        if not answer.ok:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        kind = answer.headers.get("content-type", "")
        return answer.json() if kind.startswith("application/json") else None

    def items(self, path):
        return self.ask("GET", path)["items"]


def define(account):
    account.ask("PUT", "/v1/folders/sales", {"label": "Sales", "section": "additional"})
    account.ask("PUT", "/v1/fields/budget", {"label": "Budget", "kind": "money", "currency": "EUR", "folder": "sales"})
    account.ask("PUT", "/v1/pipelines/Vendite", {"label": "Sales", "stages": STAGES})
    account.ask("PUT", "/v1/users/giulia", USER)
    account.ask("POST", "/v1/coupons/estate", {"codes": [f"ESTATE-{at}" for at in range(50)]})
    for segment in ["clienti", "clienti-attivi"]:
        account.ask("PUT", f"/v1/segments/{segment}", {"name": "Clienti", "who": {"tag": "cliente"}})
    settings = account.ask("GET", "/v1/account")
    account.ask("PUT", "/v1/account", settings | {"loyalty": LOYALTY})
    for name in ["attivo", "fermo", "bozza"]:
        yaml = WORKFLOW.format(id=name).encode()
        kind = {"Content-Type": "application/yaml"}
        account.ask("PUT", f"/v1/workflows/{name}", data=yaml, headers=kind)
        if name != "bozza":
            account.ask("POST", f"/v1/workflows/{name}/activate")


def person(account, at):
    """A contact with something of each kind."""
    fields = {"email": f"anna{at}@example.com", "phone": f"+3933312345{at:02}", "first_name": "Anna", "budget": 1000}
    one = account.ask("POST", "/v1/contacts", {"fields": fields, "external": {"shopify": str(at)}})["id"]
    path = f"/v1/contacts/{one}"
    for sort, said in RECORDS.items():
        account.ask("POST", f"{path}/{sort}", said)
    account.ask("PUT", f"{path}/tags/cliente")
    account.ask("PUT", f"{path}/lists/notizie")
    account.ask("PUT", f"{path}/groups/corso")
    account.ask("POST", f"{path}/notes", {"text": "Richiamare lunedì"})
    account.ask("POST", f"{path}/loyalty", {})
    account.ask("POST", f"{path}/payments", {"amount": 4900, "currency": "EUR"})
    account.ask("POST", f"{path}/conversions", {"conversion": "corso-venduto", "value": 100, "currency": "EUR"})
    account.ask("POST", f"{path}/documents", data=b"Contratto", params={"name": "contratto.txt"},
                headers={"Content-Type": "application/octet-stream"})
    account.ask("POST", "/v1/workflows/attivo/enroll", {"contact": one})
    account.ask("POST", "/v1/workflows/fermo/enroll", {"contact": one})
    return one


def prepare(account):
    """Makes them, and says by which names each sort of thing is known."""
    define(account)
    people = [person(account, at) for at in range(8)]
    account.ask("PUT", f"/v1/contacts/{people[0]}/associations/parent/{people[1]}", {"inverse": "child"})
    account.ask("POST", f"/v1/contacts/{people[2]}/merge", {"contact": people[3]})
    account.ask("POST", "/v1/workflows/fermo/interruption", {})
    account.ask("POST", "/v1/workflows/attivo/enroll", {"segment": "clienti"})
    documents = [one["id"] for one in account.items(f"/v1/contacts/{people[0]}/documents")]
    enrollments = [one["id"] for one in account.ask("GET", f"/v1/contacts/{people[0]}")["enrollments"]]
    return {
        "contact": people[:6],
        "doomed": people[6:],
        "workflow": ["attivo", "fermo", "bozza", "benvenuto-iscritti"],
        "version": [one["version"] for one in account.items("/v1/workflows/attivo/versions")],
        "job": [one["id"] for one in account.items("/v1/jobs")],
        "holder": people[:1],
        "document": documents,
        "enrollment": enrollments,
        "sort": list(RECORDS) + ["coupons"],
        "record": [RECORD],
        "label": ["cliente", "notizie", "corso", "parent"],
        "form": ["richiedi-guida-gratuita"],
        "name": ["giulia", "budget", "sales", "Vendite", "estate", "clienti", "follow-up", "vendite", "altro"],
        "ready": [one["id"] for one in account.items("/v1/ready")],
    }


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def key_of(data):
    return pathlib.Path(data, "api-key").read_text(encoding="utf-8").strip()
