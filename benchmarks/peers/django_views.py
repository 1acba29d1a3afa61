"""The five nouns for Django: models over the tables that are there, serializers and views."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import path
from rest_framework_json_api import serializers
from rest_framework_json_api.relations import HyperlinkedRelatedField, ResourceRelatedField
from rest_framework_json_api.views import ModelViewSet

_NOUNS: dict[str, Any] = settings.BENCHMARK_NOUNS


def _field(one: dict[str, Any]) -> models.Field:
    optional = {} if one["required"] else {"null": True, "blank": True}
    kind = one["type"]
    if kind == "boolean":
        return models.BooleanField(default=False) if one["required"] else models.BooleanField(**optional)
    if kind.startswith("timestamp"):
        return models.DateTimeField(**(optional or {"auto_now_add": True}))
    if kind in {"bigint", "integer"}:
        return models.BigIntegerField(**(optional or {"default": 0}))
    if kind == "numeric" or "float" in kind or kind.startswith("double"):
        return models.FloatField(**(optional or {"default": 0}))
    if kind == "jsonb":
        return models.JSONField(**optional)
    return models.TextField(**(optional or {"default": ""}))


def _model(name: str, relations: dict[str, Any]) -> type[models.Model]:
    noun = _NOUNS[name]
    meta = type(
        "Meta", (), {"managed": False, "db_table": noun["table"], "app_label": "bench", "ordering": ["id"]}
    )
    columns = {
        attribute["column"]: _field(attribute) for attribute in noun["attributes"] if attribute["column"]
    }
    named = type("JSONAPIMeta", (), {"resource_name": name})
    content = {"__module__": __name__, "Meta": meta, "JSONAPIMeta": named, **columns, **relations}
    return type(name.title(), (models.Model,), content)


def _owned(name: str) -> models.ForeignKey:
    return models.ForeignKey(Event, models.CASCADE, related_name=f"{name}s", db_column="event_id")


Event = _model("event", {})
Track = _model("track", {"event": _owned("track")})
Ticket = _model("ticket", {"event": _owned("ticket")})
Session = _model(
    "session",
    {
        "event": _owned("session"),
        "track": models.ForeignKey(
            Track, models.SET_NULL, null=True, blank=True, related_name="+", db_column="track_id"
        ),
    },
)


Speaker = _model(
    "speaker",
    {
        "event": _owned("speaker"),
        "sessions": models.ManyToManyField(Session, related_name="speakers", db_table="speakers_sessions"),
    },
)
_MODELS = {"event": Event, "session": Session, "speaker": Speaker, "track": Track, "ticket": Ticket}
_MANY = {
    "event": ("sessions", "speakers", "tracks", "tickets"),
    "session": ("speakers",),
    "speaker": ("sessions",),
}
_ONE = {"session": ("event", "track"), "speaker": ("event",), "track": ("event",), "ticket": ("event",)}


# What the cases include; a view takes the second set of serializers when it is asked for includes.
_INCLUDED = {"event": ("sessions", "tracks", "tickets"), "session": ("speakers",)}


def _serializer(name: str, linked: tuple[str, ...] = ()) -> type:
    """Attributes, linkage of what a row itself refers to, and links to what refers to it.

    The latter are links without linkage, which its documentation recommends for speed, except for
    those `linked`: it includes nothing without linkage.
    """
    many: dict[str, Any] = {
        plural: ResourceRelatedField(many=True, read_only=True)
        if plural in linked
        else HyperlinkedRelatedField(
            many=True, read_only=True, related_link_view_name=f"{name}-related", related_link_url_kwarg="pk"
        )
        for plural in _MANY.get(name, ())
    }
    columns = [attribute["column"] for attribute in _NOUNS[name]["attributes"] if attribute["column"]]
    renamed = {}
    if "type" in columns:  # a name that it reserves
        columns[columns.index("type")] = "kind"
        renamed["kind"] = serializers.CharField(source="type")
    meta = {
        "model": _MODELS[name],
        "resource_name": name,
        "fields": [*columns, *_ONE.get(name, ()), *many],
        "extra_kwargs": {column: {"required": False} for column in columns if column not in renamed},
    }
    content: dict[str, Any] = {"__module__": __name__, "Meta": type("Meta", (), meta), **many, **renamed}
    if linked:
        content["included_serializers"] = {
            plural: f"{__name__}.{plural.removesuffix('s').title()}Serializer"
            if plural != "sessions"
            else f"{__name__}.SessionWithIncludes"
            for plural in linked
        }
    return type(f"{name.title()}Serializer", (serializers.ModelSerializer,), content)


EventSerializer = _serializer("event")
SessionSerializer = _serializer("session")
SpeakerSerializer = _serializer("speaker")
TrackSerializer = _serializer("track")
TicketSerializer = _serializer("ticket")
EventWithIncludes = _serializer("event", _INCLUDED["event"])
SessionWithIncludes = _serializer("session", _INCLUDED["session"])


class EventView(ModelViewSet):
    queryset = Event.objects.all()
    serializer_class = EventSerializer
    prefetch_for_includes: ClassVar = {
        "sessions": ["sessions__track"],
        "sessions.speakers": ["sessions__speakers__event"],
        "tracks": ["tracks"],
        "tickets": ["tickets"],
    }

    def get_serializer_class(self) -> type:
        return EventWithIncludes if "include" in self.request.query_params else EventSerializer


class SessionView(ModelViewSet):
    queryset = Session.objects.all()
    serializer_class = SessionSerializer
    prefetch_for_includes: ClassVar = {"__all__": ["event", "track"], "speakers": ["speakers__event"]}

    def get_serializer_class(self) -> type:
        return SessionWithIncludes if "include" in self.request.query_params else SessionSerializer

    def get_queryset(self) -> Any:
        found = super().get_queryset()
        event = self.kwargs.get("event_pk")
        return found.filter(event_id=event) if event else found


class SpeakerView(ModelViewSet):
    queryset = Speaker.objects.all()
    serializer_class = SpeakerSerializer


_LIST = {"get": "list", "post": "create"}
_RELATED = {"get": "retrieve_related"}
urlpatterns = [
    path("events", EventView.as_view(_LIST)),
    path("events/<int:pk>", EventView.as_view({"get": "retrieve"}), name="event-detail"),
    path("events/<int:event_pk>/sessions", SessionView.as_view(_LIST)),
    path("events/<int:pk>/<related_field>", EventView.as_view(_RELATED), name="event-related"),
    path("sessions", SessionView.as_view(_LIST)),
    path("sessions/<int:pk>", SessionView.as_view({"get": "retrieve"}), name="session-detail"),
    path("sessions/<int:pk>/<related_field>", SessionView.as_view(_RELATED), name="session-related"),
    path("speakers/<int:pk>/<related_field>", SpeakerView.as_view(_RELATED), name="speaker-related"),
]
