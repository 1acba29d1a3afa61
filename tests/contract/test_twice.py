"""The check of writes that are sent several times at once notices what is wrong."""

import pytest

from chalicelib.docs import everything
from chalicelib.resources import REGISTRY
from tests.contract.twice import AT_ONCE, Answer, wrong

CREATION = next(
    operation for operation in everything.operations(REGISTRY) if operation.key == "POST /v1/tracks"
)


@pytest.mark.parametrize(
    ("statuses", "mistakes"),
    [
        ((201, 201, 201), 0),
        ((201, 409, 409), 0),
        ((201, 201, 500), 1),
        ((201, 302, 503), 2),
        ((409, 409, 409), 1),
        ((201, 201), 1),
    ],
)
def test_failures_and_silence_are_noticed(statuses: tuple[int, ...], mistakes: int) -> None:
    answers = [Answer(status, "") for status in statuses]
    assert AT_ONCE == 3
    assert len(wrong(CREATION, answers)) == mistakes
