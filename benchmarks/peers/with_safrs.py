"""safrs, on Flask and SQLAlchemy (its main documented path), with psycopg 3 in C."""

import json
import logging
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from safrs import SAFRSAPI, SAFRSBase

from benchmarks.cases import PAGE, SESSIONS, new_session
from benchmarks.peers.calling import Ready, wsgi
from benchmarks.peers.tables import models


class Contestant:
    """Answers the cases."""

    def __init__(self, brief: dict[str, Any]) -> None:
        self._tracks = brief["tracks"]
        self._app = Flask("safrs")
        self._app.config.update(
            SQLALCHEMY_DATABASE_URI=(
                f"postgresql+psycopg://postgres@127.0.0.1:{brief['port']}/{brief['database']}"
            ),
            SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 1, "max_overflow": 0},
        )
        logging.getLogger("safrs").setLevel(logging.ERROR)
        db = SQLAlchemy()
        db.init_app(self._app)
        made = models(brief["nouns"], (SAFRSBase, db.Model), db.metadata)
        with self._app.app_context():
            api = SAFRSAPI(self._app, host="api.example.org", port=80, prefix="", swaggerui_blueprint=False)
            for model in made.values():
                api.expose_object(model)

    def ready(self, key: str, id: int) -> Ready:
        """The answer to a case, about to be given."""
        match key:
            case "1":
                return wsgi(self._app, "GET", f"/events/{id}/", "")
            case "2":
                return wsgi(self._app, "GET", "/events/", f"page[limit]={PAGE}")
            case "3":
                query = f"page[limit]={SESSIONS}&include=speakers"
                return wsgi(self._app, "GET", f"/events/{id}/sessions", query)
            case "4":
                # Its columns of references are attributes too: setting them is faster than linkage.
                document = new_session(id, self._tracks[str(id)], "_")
                del document["data"]["relationships"]
                document["data"]["type"] = "Session"
                document["data"]["attributes"] |= {"event_id": id, "track_id": self._tracks[str(id)]}
                return wsgi(self._app, "POST", "/sessions/", "", json.dumps(document).encode(), 201)
            case _:
                query = "include=sessions.speakers,tracks,tickets"
                return wsgi(self._app, "GET", f"/events/{id}/", query)
