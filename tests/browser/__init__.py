"""The page at /docs as people use it: in a real browser, on large and small screens, by hand and by keyboard."""
