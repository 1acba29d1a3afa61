"""All upload slots: each with its owner, its columns, what it accepts, and the renditions of an image."""

from typing import Final

from chalicelib import uploads
from chalicelib.resources.events.custom_placeholder import CustomPlaceholder
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.event_copyright import EventCopyright
from chalicelib.resources.events.event_topic import EventTopic
from chalicelib.resources.events.exhibitor import Exhibitor
from chalicelib.resources.events.sponsor import Sponsor
from chalicelib.resources.groups.group.group import Group
from chalicelib.resources.onsite.badge_form import BadgeForm
from chalicelib.resources.people.profile.profile import Profile
from chalicelib.resources.people.user.user import User
from chalicelib.resources.programme.session.session import Session
from chalicelib.resources.programme.speaker import Speaker
from chalicelib.resources.video.video_stream.video_stream import VideoStream
from chalicelib.uploads import Rendition, Slot
from chalicelib.uploads.slots import IMAGES, SLIDES, SOUNDS, VIDEOS

_MB: Final = 1_000_000

EVENT_SIZES: Final = (
    Rendition("large_image_url", 1300),
    Rendition("thumbnail_image_url", 500),
    Rendition("icon_image_url", 75),
)
GROUP_SIZES: Final = (Rendition("thumbnail_image_url", 500),)
SPEAKER_SIZES: Final = (
    Rendition("thumbnail_image_url", 500),
    Rendition("small_image_url", 50),
    Rendition("icon_image_url", 35),
)
# Old clients show a user's small image in the size of the thumbnail, so it is the same one.
USER_SIZES: Final = (
    Rendition("thumbnail_image_url", 500),
    Rendition("small_image_url", 500),
    Rendition("icon_image_url", 35),
)
PROFILE_SIZES: Final = (Rendition("thumbnail_image_url", 500), Rendition("icon_image_url", 35))

uploads.declare(
    Slot("event.original-image-url", Event, ("original_image_url",), IMAGES, 10 * _MB, EVENT_SIZES),
    Slot("event.logo-url", Event, ("logo_url",), IMAGES, 5 * _MB),
    Slot("user.avatar-url", User, ("avatar_url", "original_image_url"), IMAGES, 10 * _MB, USER_SIZES),
    Slot("profile.avatar-url", Profile, ("avatar_url",), IMAGES, 10 * _MB, PROFILE_SIZES),
    Slot("group.logo-url", Group, ("logo_url",), IMAGES, 5 * _MB),
    Slot("group.banner-url", Group, ("banner_url",), IMAGES, 10 * _MB, GROUP_SIZES),
    Slot("speaker.photo-url", Speaker, ("photo_url",), IMAGES, 10 * _MB, SPEAKER_SIZES),
    Slot("session.slides-url", Session, ("slides_url",), SLIDES, 50 * _MB),
    Slot("session.video-url", Session, ("video_url",), VIDEOS, 500 * _MB),
    Slot("session.audio-url", Session, ("audio_url",), SOUNDS, 200 * _MB),
    Slot("event-copyright.logo-url", EventCopyright, ("logo_url",), IMAGES, 5 * _MB),
    Slot("sponsor.logo-url", Sponsor, ("logo_url",), IMAGES, 5 * _MB),
    Slot("exhibitor.logo-url", Exhibitor, ("logo_url",), IMAGES, 5 * _MB),
    Slot("exhibitor.banner-url", Exhibitor, ("banner_url",), IMAGES, 10 * _MB, GROUP_SIZES),
    Slot("exhibitor.slides-url", Exhibitor, ("slides_url",), SLIDES, 50 * _MB),
    Slot("badge-form.badge-image-url", BadgeForm, ("badge_image_url",), IMAGES, 5 * _MB),
    Slot("badge-form.image-url", BadgeForm, ("image_url",), IMAGES, 5 * _MB),
    Slot("video-stream.bg-img-url", VideoStream, ("bg_img_url",), IMAGES, 10 * _MB),
    Slot("event-topic.system-image-url", EventTopic, ("system_image_url",), IMAGES, 10 * _MB),
    Slot(
        "custom-placeholder.original-image-url",
        CustomPlaceholder,
        ("original_image_url",),
        IMAGES,
        10 * _MB,
        EVENT_SIZES,
    ),
)
