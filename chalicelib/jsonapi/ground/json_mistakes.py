"""Mistakes in JSON, in words for whoever has sent it: Python's own speak of its settings."""


def mistake_in_json(problem: ValueError) -> str:
    """What json.loads() has found wrong."""
    return "a number has too many digits" if "int_max_str_digits" in str(problem) else str(problem)
