"""Passwords: only hashes are kept, and old ones are noticed."""

import pytest
from argon2 import PasswordHasher

from chalicelib.auth import passwords
from tests.support.hashing import REAL_HASH


def test_a_hash_matches_its_password_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PasswordHasher, "hash", REAL_HASH)
    stored = passwords.hashed("open sesame")
    assert stored.startswith("$argon2id$")
    assert stored != passwords.hashed("open sesame")
    assert passwords.matches("open sesame", stored)
    assert not passwords.matches("open barley", stored)


@pytest.mark.parametrize("stored", [None, "", "no hash at all"])
def test_without_a_hash_nothing_matches(stored: str | None) -> None:
    assert not passwords.matches("open sesame", stored)


def test_a_hash_with_other_parameters_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("open sesame")
    assert passwords.matches("open sesame", weak)
    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(passwords.hashed("open sesame"))
