"""JSON:API error objects, as exceptions.

A Problem points at the mistake: by JSON pointer into the request document, by query parameter or by header.
Clients of the former server read `source`, and the code in it, whatever the status is, so there always is
one. Source: jsonapi.org/format/#errors.
"""

from collections.abc import Iterable
from http import HTTPStatus


class Problem(Exception):
    """One error object. Raised anywhere, it ends the request with this status and rolls it back.

    `shared`, of a 404: everybody without credentials gets it alike, and shared caches may tell it.
    """

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
        shared: bool = False,
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
        self.shared = shared

    def document(self) -> dict[str, object]:
        """The error object as a dict. Where nothing else is to blame, `source` points at the document."""
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
    """Several errors in one document; the HTTP status is that of the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem.detail for problem in self.problems))


def unauthorized(detail: str = "Sign in first: this needs a token.") -> Problem:
    """401: authentication required."""
    return Problem(401, detail, header="Authorization", headers={"WWW-Authenticate": 'Bearer realm="api"'})


def forbidden(detail: str = "You may not do this.", pointer: str | None = None) -> Problem:
    """403: the viewer is authenticated but lacks the permission."""
    return Problem(403, detail, pointer=pointer)


def not_found(
    detail: str = "There is no such thing here.", pointer: str | None = None, *, shared: bool = False
) -> Problem:
    """404: the row does not exist or is not visible to the viewer; the two cannot be told apart."""
    return Problem(404, detail, pointer=pointer, shared=shared)


def conflict(detail: str, pointer: str | None = None) -> Problem:
    """409: the request contradicts existing data."""
    return Problem(409, detail, pointer=pointer)


def invalid(detail: str, pointer: str | None = "/data") -> Problem:
    """422: readable but not acceptable. `pointer` is a JSON pointer into the request document."""
    return Problem(422, detail, pointer=pointer)


def bad_parameter(name: str, detail: str) -> Problem:
    """400: invalid query parameter `name`."""
    return Problem(400, detail, parameter=name)


def bad_document(detail: str, pointer: str = "") -> Problem:
    """400: the body is malformed. `pointer` is a JSON pointer into it."""
    return Problem(400, detail, pointer=pointer)
