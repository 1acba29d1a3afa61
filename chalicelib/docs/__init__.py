"""The description of the API, made from the nouns; nobody writes or repairs it by hand."""
