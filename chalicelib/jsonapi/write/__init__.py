"""Creating, changing, removing and restoring rows and their links, with all rules of their nouns."""
