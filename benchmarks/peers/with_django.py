"""djangorestframework-jsonapi, with psycopg 3 in C and a persistent connection.

Includes are prefetched as its documentation asks for (PreloadIncludesMixin), and nothing is installed
that the answers do not need: no sessions, no authentication, no browsable pages.
"""

import json
from typing import Any

import django
from django.conf import settings

from benchmarks.cases import PAGE, SESSIONS, new_session
from benchmarks.peers.calling import Ready, wsgi


class Contestant:
    """Answers the cases."""

    def __init__(self, brief: dict[str, Any]) -> None:
        self._tracks = brief["tracks"]
        settings.configure(
            SECRET_KEY="nothing is signed here",
            ALLOWED_HOSTS=["*"],
            DEBUG=False,
            DEBUG_PROPAGATE_EXCEPTIONS=True,
            ROOT_URLCONF="benchmarks.peers.django_views",
            INSTALLED_APPS=["rest_framework", "rest_framework_json_api"],
            MIDDLEWARE=[],
            USE_TZ=True,
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            DATABASES={
                "default": {
                    "ENGINE": "django.db.backends.postgresql",
                    "NAME": brief["database"],
                    "USER": "postgres",
                    "HOST": "127.0.0.1",
                    "PORT": brief["port"],
                    "CONN_MAX_AGE": None,
                    "OPTIONS": {"server_side_binding": True},
                }
            },
            REST_FRAMEWORK={
                "PAGE_SIZE": PAGE,
                "EXCEPTION_HANDLER": "rest_framework_json_api.exceptions.exception_handler",
                "DEFAULT_PAGINATION_CLASS": (
                    "rest_framework_json_api.pagination.JsonApiPageNumberPagination"
                ),
                "DEFAULT_PARSER_CLASSES": ["rest_framework_json_api.parsers.JSONParser"],
                "DEFAULT_RENDERER_CLASSES": ["rest_framework_json_api.renderers.JSONRenderer"],
                "DEFAULT_METADATA_CLASS": "rest_framework_json_api.metadata.JSONAPIMetadata",
                "DEFAULT_AUTHENTICATION_CLASSES": [],
                "DEFAULT_PERMISSION_CLASSES": [],
                "UNAUTHENTICATED_USER": None,
            },
            JSON_API_FORMAT_FIELD_NAMES="dasherize",
            BENCHMARK_NOUNS=brief["nouns"],
        )
        django.setup()
        from django.core.wsgi import get_wsgi_application

        self._app = get_wsgi_application()

    def ready(self, key: str, id: int) -> Ready:
        """The answer to a case, about to be given."""
        match key:
            case "1":
                return wsgi(self._app, "GET", f"/events/{id}", "")
            case "2":
                return wsgi(self._app, "GET", "/events", f"page[size]={PAGE}")
            case "3":
                query = f"page[size]={SESSIONS}&include=speakers"
                return wsgi(self._app, "GET", f"/events/{id}/sessions", query)
            case "4":
                body = json.dumps(new_session(id, self._tracks[str(id)])).encode()
                return wsgi(self._app, "POST", "/sessions", "", body, 201)
            case _:
                query = "include=sessions.speakers,tracks,tickets"
                return wsgi(self._app, "GET", f"/events/{id}", query)
