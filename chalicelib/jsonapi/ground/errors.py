"""What goes wrong, said so that a client can act on it.

A Problem is one JSON:API error object. It points at the mistake: into the document that was
sent, at a query parameter or at a header. Clients of the old server read `source`, and the code in it,
whatever the status is, so there always is one. Source: jsonapi.org/format/#errors.
"""

from collections.abc import Iterable
from http import HTTPStatus


class Problem(Exception):
    """One error. Raising it anywhere ends the request with this status and nothing written."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        header: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
        type_link: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.pointer = pointer
        self.parameter = parameter
        self.header = header
        self.code = code
        self.headers = headers or {}
        self.type_link = type_link

    def document(self) -> dict[str, object]:
        """The error object. Where nothing in the request is to blame, `source` points at all of it."""
        source: dict[str, str] = {
            name: value
            for name, value in (
                ("pointer", self.pointer),
                ("parameter", self.parameter),
                ("header", self.header),
            )
            if value is not None
        } or ({"header": "Authorization"} if self.status == HTTPStatus.UNAUTHORIZED else {"pointer": ""})
        error: dict[str, object] = {
            "status": str(self.status),
            "title": HTTPStatus(self.status).phrase,
            "detail": self.detail,
        }
        if self.code:
            error["code"] = source["code"] = self.code
        error["source"] = source
        if self.type_link:
            error["links"] = {"type": self.type_link}
        return error


class Problems(Exception):
    """Several errors of one document; the answer's status is the first one's."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem.detail for problem in self.problems))


def unauthorized(detail: str = "Sign in first: this needs a token.") -> Problem:
    """401: nobody is asking, and somebody must be."""
    return Problem(401, detail, header="Authorization", headers={"WWW-Authenticate": 'Bearer realm="api"'})


def forbidden(detail: str = "You may not do this.", pointer: str | None = None) -> Problem:
    """403: we know who asks, and the answer is no."""
    return Problem(403, detail, pointer=pointer)


def not_found(detail: str = "There is no such thing here.", pointer: str | None = None) -> Problem:
    """404: it does not exist, or the one who asks may not know that it does."""
    return Problem(404, detail, pointer=pointer)


def conflict(detail: str, pointer: str | None = None) -> Problem:
    """409: it contradicts something that is already there."""
    return Problem(409, detail, pointer=pointer)


def invalid(detail: str, pointer: str | None = "/data") -> Problem:
    """422: understood, but not acceptable. `pointer` leads into the document that was sent."""
    return Problem(422, detail, pointer=pointer)


def bad_parameter(name: str, detail: str) -> Problem:
    """400: a query parameter is wrong."""
    return Problem(400, detail, parameter=name)


def bad_document(detail: str, pointer: str = "") -> Problem:
    """400: the body cannot be read as what it should be."""
    return Problem(400, detail, pointer=pointer)
