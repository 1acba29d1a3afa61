"""Status polling of a background task, and its result."""

from typing import Final

from chalicelib import task_results
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context

_ID: Final = "7d0f6c1e-0a3b-4a57-8f53-5be6c2d2a9e4"


@action("GET", "/v1/tasks/{id}", lenient=True)
@documented(
    who="whoever started the task, and staff",
    path={"id": _ID},
    response={"state": "SUCCESS", "result": {"download_url": "https://files.example.org/results/7d0f6c1e"}},
    optional_in_response=("result",),
    open_members=("result",),
    errors=(400, 401, 404),
)
def show_task(context: Context, id: str) -> Answer:
    """200 with the state: WAITING, a sentence of progress, SUCCESS with the result, or FAILURE.

    For whoever started the task and for staff; 404 for others, and a day after its last sign. A file is given
    as `download_url`, which expires after ten minutes: ask again for a new one.
    """
    return task_results.answer_of(context, id)
