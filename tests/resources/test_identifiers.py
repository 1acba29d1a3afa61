"""Identifiers and slugs."""

import pytest

from chalicelib.resources.identifiers import new_identifier, slug


def test_an_identifier_is_eight_hexadecimal_characters() -> None:
    for actual in {new_identifier() for _ in range(200)}:
        assert len(actual) == 8
        assert int(actual, 16) >= 0
        assert not actual.isdecimal()


def test_one_that_reads_like_a_number_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["12345678", "00000000", "1234567a"])
    monkeypatch.setattr("secrets.token_hex", lambda _bytes: next(drawn))
    assert new_identifier() == "1234567a"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Film & Média", "film-media"), ("  Science/Fiction  ", "science-fiction"), ("映画", "")],
)
def test_a_slug_is_readable_in_an_address(name: str, expected: str) -> None:
    assert slug(name) == expected
