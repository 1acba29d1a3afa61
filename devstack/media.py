"""The public side of the bucket, which in production the CDN serves."""

import os
from urllib.parse import unquote

from botocore.exceptions import ClientError

from devstack import aws_stand_in
from devstack.gateway import HttpAnswer

_PASSED_ON = (
    "Content-Type",
    "Content-Disposition",
    "Cache-Control",
    "ETag",
    "Last-Modified",
    "Content-Range",
)


def serve(path: str, method: str, headers: dict[str, str]) -> HttpAnswer:
    """The object at this path, e.g. "media/ab/logo.png", with its stored headers.

    `headers` are the request's, in lower case: If-None-Match and Range are supported.
    """
    s3 = aws_stand_in.client("s3", os.environ["AWS_ENDPOINT_URL"])
    wanted = {"Bucket": os.environ["BUCKET"], "Key": unquote(path)}
    if "range" in headers:
        wanted["Range"] = headers["range"]
    try:
        found = s3.get_object(**wanted)
    except ClientError as problem:
        status = int(problem.response["ResponseMetadata"]["HTTPStatusCode"])
        return HttpAnswer(status, [("Content-Type", "text/plain")], b"There is no such file.\n")
    stored = {name.lower(): value for name, value in found["ResponseMetadata"]["HTTPHeaders"].items()}
    back = [(name, stored[name.lower()]) for name in _PASSED_ON if name.lower() in stored]
    back += [("Access-Control-Allow-Origin", "*"), ("X-Content-Type-Options", "nosniff")]
    if stored.get("etag") in [tag.strip() for tag in headers.get("if-none-match", "").split(",")]:
        return HttpAnswer(304, back, b"")
    status = int(found["ResponseMetadata"]["HTTPStatusCode"])
    return HttpAnswer(status, back, found["Body"].read())
