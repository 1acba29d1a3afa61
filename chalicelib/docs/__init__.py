"""API descriptions (OpenAPI, API Blueprint, the page at /docs), generated from the declarations."""
