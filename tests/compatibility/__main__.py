"""Write docs/compatibility.md: `make compatibility`."""

from tests.compatibility.page import PAGE, written

if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    print(PAGE.name)
