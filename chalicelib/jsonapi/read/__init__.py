"""One statement per question, which answers it with finished JSON text."""
