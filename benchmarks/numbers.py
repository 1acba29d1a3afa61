"""Numbers that a benchmark is given by environment variables, such as ROWS=5000."""

import os
import sys


def whole(name: str, default: int, *, least: int = 1) -> int:
    """The whole number in this variable. Ends the process with one line where there is something else."""
    text = os.environ.get(name) or str(default)
    try:
        number = int(text)
    except ValueError:
        sys.exit(f"{name} is a whole number, not {text!r}")
    if number < least:
        sys.exit(f"{name} is {least} at least, not {number}")
    return number


def positive(name: str, default: float, unit: str = "") -> float:
    """The number above 0 in this variable. Ends the process with one line where there is something else."""
    text = os.environ.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        sys.exit(f"{name} is a number{unit and f' of {unit}'}, not {text!r}")
    if not 0 < number < float("inf"):
        sys.exit(f"{name} is more than 0{unit and f' {unit}'}, not {text}")
    return number


def seconds(name: str, default: float) -> float:
    """The seconds in this variable, as positive()."""
    return positive(name, default, "seconds")
