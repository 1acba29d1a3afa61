"""What the tests here can ask for by name."""

from tests.support.directories import tmp_path

__all__ = ["tmp_path"]
