"""Import jobs: the result of importing an event from elsewhere."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Schema, attr
from chalicelib.jsonapi.model.policy import logged_in
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.ownership import belong_to_the_caller
from chalicelib.resources.policies import private_to


class ImportJob(Model):
    __tablename__ = "import_jobs"
    task: Mapped[str] = attr(required=True)
    starts_at: Mapped[datetime] = attr(required=True)
    result: Mapped[str | None] = attr()
    result_status: Mapped[str | None] = attr()
    user_id: Mapped[int] = owned_by("users.id")


class ImportJobSchema(Schema):
    """No attributes beyond the columns."""


IMPORT_JOB = Resource(
    "import-job",
    ImportJob,
    ImportJobSchema,
    path="import-jobs",
    policy=private_to("user_id").replace(create=logged_in, list=logged_in),
    before_write=[belong_to_the_caller],
)
