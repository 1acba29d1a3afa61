"""fastapi-jsonapi, with asyncpg, orjson and uvloop, its own defaults otherwise."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, ClassVar, Optional

import uvloop
from fastapi import Depends, FastAPI
from fastapi.responses import ORJSONResponse
from fastapi_jsonapi import ApplicationBuilder
from fastapi_jsonapi.misc.sqla.generics.base import ViewBaseGeneric
from fastapi_jsonapi.schema_base import BaseModel
from fastapi_jsonapi.types_metadata import RelationshipInfo
from fastapi_jsonapi.views import Operation, OperationConfig
from pydantic import ConfigDict, create_model
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from benchmarks.cases import PAGE, SESSIONS, new_session
from benchmarks.peers.calling import Ready, asgi
from benchmarks.peers.tables import OWNED, models

_TYPES = {"boolean": bool, "bigint": int, "integer": int, "numeric": float, "jsonb": Any}


class Base(DeclarativeBase):
    pass


class Contestant:
    """Answers the cases."""

    def __init__(self, brief: dict[str, Any]) -> None:
        self._tracks = brief["tracks"]
        self._loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self._loop)
        engine = create_async_engine(
            f"postgresql+asyncpg://postgres@127.0.0.1:{brief['port']}/{brief['database']}",
            pool_size=1,
            max_overflow=0,
        )
        sessions = async_sessionmaker(bind=engine, autocommit=False, expire_on_commit=False)
        self._app = FastAPI(default_response_class=ORJSONResponse, openapi_url=None)
        builder = ApplicationBuilder(self._app)
        made = models(brief["nouns"], (Base,), Base.metadata)
        view = _view(sessions)
        schemas = _schemas(brief["nouns"])
        for name, schema in schemas.items():
            builder.add_resource(
                path=f"/{brief['nouns'][name]['path']}",
                tags=[name],
                view=view,
                schema=schema,
                model=made[name],
                resource_type=name,
            )
        builder.initialize()

    def ready(self, key: str, id: int) -> Ready:
        """The answer to a case, about to be given."""
        match key:
            case "1":
                return self._ask("GET", f"/events/{id}/", "")
            case "2":
                return self._ask("GET", "/events/", f"page[size]={PAGE}&page[number]=1")
            case "3":
                query = f"page[size]={SESSIONS}&page[number]=1&include=speakers"
                return self._ask("GET", f"/events/{id}/relationships/sessions/", query)
            case "4":
                document = new_session(id, self._tracks[str(id)], "_")
                return self._ask("POST", "/sessions/", "", json.dumps(document).encode(), 201)
            case _:
                return self._ask("GET", f"/events/{id}/", "include=sessions.speakers,tracks,tickets")

    def _ask(self, method: str, path: str, query: str, body: bytes = b"", expected: int = 200) -> Ready:
        return asgi(self._loop, self._app, method, path, query, body, expected)


def _view(sessions: Any) -> type[ViewBaseGeneric]:
    async def one_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    class SessionDependency(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        session: AsyncSession = Depends(one_session)

    def for_data_layer(view: Any, dto: SessionDependency) -> dict[str, Any]:
        return {"session": dto.session}

    class View(ViewBaseGeneric):
        operation_dependencies: ClassVar = {
            Operation.ALL: OperationConfig(
                dependencies=SessionDependency, prepare_data_layer_kwargs=for_data_layer
            )
        }

    return View


def _schemas(nouns: dict[str, Any]) -> dict[str, type[BaseModel]]:
    def to(name: str, *, many: bool = False) -> Any:
        schema = f"{name.title()}Schema"
        info = RelationshipInfo(resource_type=name, many=many)
        kind = list[schema] if many else schema  # type: ignore[valid-type]
        return (Annotated[Optional[kind], info], None)  # noqa: UP045 - the name is resolved later

    relations: dict[str, dict[str, Any]] = {
        "event": {plural: to(name, many=True) for name, plural in OWNED.items()},
        **{name: {"event": to("event")} for name in OWNED},
    }
    relations["session"] |= {"track": to("track"), "speakers": to("speaker", many=True)}
    relations["speaker"]["sessions"] = to("session", many=True)
    made = {}
    for name, noun in nouns.items():
        attributes = {
            attribute["column"]: _kind(attribute) for attribute in noun["attributes"] if attribute["column"]
        }
        made[name] = create_model(
            f"{name.title()}Schema",
            __base__=BaseModel,
            __module__=__name__,
            model_config=ConfigDict(from_attributes=True),
            **attributes,
            **relations[name],
        )
    globals().update({schema.__name__: schema for schema in made.values()})
    for schema in made.values():
        schema.model_rebuild()
    return made


def _kind(one: dict[str, Any]) -> Any:
    text = one["type"]
    kind = datetime if text.startswith("timestamp") else _TYPES.get(text, str)
    if "float" in text or text.startswith("double"):
        kind = float
    if not one["required"]:
        return (Optional[kind], None)  # noqa: UP045 - built at run time
    empty = {bool: False, int: 0, float: 0.0, str: ""}.get(kind)
    return (Optional[kind], empty)  # noqa: UP045
