"""`python -m chalicelib.cli --help`."""

import sys

from chalicelib.cli.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
