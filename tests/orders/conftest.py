"""Orders are about what follows from them: what is refused must leave no message either."""

import pytest


@pytest.fixture(autouse=True)
def _listens(signals_on: None) -> None:
    """Every test here asks for signals."""
