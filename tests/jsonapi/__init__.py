"""The grammar of the API, chapter by chapter, on a toy world of libraries, shelves, books and authors."""
