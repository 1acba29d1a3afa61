"""Chalice application: routes, SQS, EventBridge and schedule triggers, the migration function. Work is in
entrypoints.py.
"""
# ruff: noqa: E402

import gc

# Imports make objects that stay: looking among them for garbage takes a sixth of a cold start. entrypoints.py
# enables it again with the first event.
gc.disable()

from chalice.app import Chalice, CloudWatchEvent, CORSConfig, Rate, Response, SQSEvent

from chalicelib import entrypoints

app = Chalice(app_name="open-event-serverless")
app.api.cors = CORSConfig(
    allow_headers=["Accept", "Idempotency-Key", "If-Match", "If-None-Match", "X-CSRF-TOKEN"],
    expose_headers=["ETag", "Idempotent-Replayed", "Location", "Retry-After"],
    max_age=86400,
)
app.api.binary_types = []  # entrypoints.py decides what travels as base64
ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
shape = {"methods": ANY, "content_types": ["*/*"]}


@app.route("/", **shape)
def root() -> Response:
    return entrypoints.http(app.current_request)


@app.route("/{name}", **shape)
def top(name: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/auth/{name}", **shape)
def auth(name: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/docs/{name}", **shape)
def docs(name: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/docs/{name}/{part}", **shape)
def details_of_docs(name: str, part: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/door/{name}", **shape)
def door(name: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/door/{name}/{part}", **shape)
def part_of_door(name: str, part: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/v1/{collection}", **shape)
def collection(collection: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/v1/{collection}/{id}", **shape)
def detail(collection: str, id: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/v1/{collection}/{id}/{relation}", **shape)
def relation(collection: str, id: str, relation: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/v1/{collection}/{id}/{relation}/{name}", **shape)
def name(collection: str, id: str, relation: str, name: str) -> Response:
    return entrypoints.http(app.current_request)


@app.route("/v1/{collection}/{id}/{relation}/{name}/{part}", **shape)
def part(collection: str, id: str, relation: str, name: str, part: str) -> Response:
    return entrypoints.http(app.current_request)


@app.on_sqs_message(queue="open-event-tasks", batch_size=10, name="tasks")
def tasks(event: SQSEvent) -> dict[str, object]:
    return entrypoints.tasks(event.to_dict(), event.context)


@app.on_cw_event({"source": ["aws.s3"], "detail-type": ["Object Created"]}, name="files")
def files(event: CloudWatchEvent) -> None:
    entrypoints.files(event.to_dict())


@app.schedule(Rate(1, unit=Rate.MINUTES), name="sweep_outbox")
def sweep_outbox(event: CloudWatchEvent) -> None:
    entrypoints.sweep_outbox()


@app.schedule(Rate(5, unit=Rate.MINUTES), name="probe_health")
def probe_health(event: CloudWatchEvent) -> None:
    entrypoints.probe_health()


@app.lambda_function(name="migrate")
def migrate(event: dict[str, object], context: object) -> dict[str, object]:
    return entrypoints.migrate(event)
