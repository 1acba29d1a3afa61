"""Import jobs: what became of an event that somebody brought in from elsewhere."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.fields import Schema, fields
from chalicelib.jsonapi.policy import logged_in
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import moment
from chalicelib.resources.ownership import belong_to_the_caller
from chalicelib.resources.policies import kept_by


class ImportJob(Model):
    __tablename__ = "import_jobs"
    task: Mapped[str]
    starts_at: Mapped[datetime]
    result: Mapped[str | None]
    result_status: Mapped[str | None]
    user_id: Mapped[int] = owned_by("users.id")


class ImportJobSchema(Schema):
    task = fields.Str(required=True)
    starts_at = moment(required=True)
    result = fields.Str(allow_none=True)
    result_status = fields.Str(allow_none=True)


IMPORT_JOB = Resource(
    "import-job",
    ImportJob,
    ImportJobSchema,
    path="import-jobs",
    policy=kept_by("user_id").but(create=logged_in, list=logged_in),
    before_write=[belong_to_the_caller],
)
