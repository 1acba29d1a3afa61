"""Configuration of the engine: what whoever runs it decides. It travels with each request."""

from dataclasses import dataclass
from typing import Final, Protocol


class Options(Protocol):
    """What the engine reads of the configuration; the product's settings have these attributes too.

    api_prefix          what stands before /v1 in links, such as a stage's name; empty without one
    page_size           rows of a page where the client names no number
    max_page_size       rows of a page at the most, which is what page[size]=0 means
    max_included        resources that one answer includes at the most
    max_body_bytes      of a request's document
    max_answer_bytes    of an answer as it leaves, compressed or not
    max_document_bytes  of a document before it is compressed
    db_seconds          that an answer of the database may take; 0: any time
    soft_delete         whether DELETE goes to the trash
    limits              whether rate limits count
    shared_seconds      for how long a shared cache may answer with what is the same for everybody; 0: never
    stale_seconds       for how much longer it may, while it asks for the present state
    reader_most_lag     seconds that what a replica answers may be old
    """

    @property
    def api_prefix(self) -> str: ...
    @property
    def page_size(self) -> int: ...
    @property
    def max_page_size(self) -> int: ...
    @property
    def max_included(self) -> int: ...
    @property
    def max_body_bytes(self) -> int: ...
    @property
    def max_answer_bytes(self) -> int: ...
    @property
    def max_document_bytes(self) -> int: ...
    @property
    def db_seconds(self) -> int: ...
    @property
    def soft_delete(self) -> bool: ...
    @property
    def limits(self) -> bool: ...
    @property
    def shared_seconds(self) -> int: ...
    @property
    def stale_seconds(self) -> int: ...
    @property
    def reader_most_lag(self) -> int: ...


@dataclass(frozen=True, slots=True)
class DefaultOptions:
    """The options of a request that comes with none."""

    api_prefix: str = ""
    page_size: int = 20
    max_page_size: int = 25_000
    max_included: int = 50_000
    max_body_bytes: int = 1_000_000
    max_answer_bytes: int = 6_250_000
    max_document_bytes: int = 80_000_000
    db_seconds: int = 0
    soft_delete: bool = True
    limits: bool = True
    shared_seconds: int = 10
    stale_seconds: int = 4
    reader_most_lag: int = 5


DEFAULTS: Final[Options] = DefaultOptions()
