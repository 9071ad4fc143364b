"""Setting up a practice: the first operation of every installation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from practice.domain.discretion import forbidden_words
from practice.domain.wall import zone
from practice.models import (
    Modality,
    Practice,
    Practitioner,
    RelationshipType,
    Service,
    User,
    WeeklyHours,
)
from practice.operations import journal

_HOUR = 60
_DAY = 24 * _HOUR
#: A shorter part of a name is a word of its own ("An", "Do").
_PART_LEAST = 3


class PracticeExists(Exception):
    """This installation has its practice already; there is only ever one."""


class TellingName(Exception):
    """The sender that says nothing about the work says something. `words`: what gives it away."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(", ".join(words))
        self.words = words


@dataclass(frozen=True, slots=True)
class Hours:
    """A weekly window: Monday is 0, minutes since midnight on the practitioner's wall clock."""

    weekday: int
    opens_minute: int
    closes_minute: int


@dataclass(frozen=True, slots=True)
class Location:
    """Where clients may be during a session. `region` empty: the whole country."""

    country: str
    region: str
    label: str


@dataclass(frozen=True, slots=True)
class NewPractitioner:
    """Who the practice begins with. `password` None: set it with `manage.py changepassword`."""

    display_name: str
    slug: str
    initials: str
    email: str
    time_zone: str
    credentials: str = ""
    phone: str = ""
    video_url: str = ""
    address: str = ""
    password: str | None = None
    hours: Sequence[Hours] = field(default_factory=tuple)


@transaction.atomic(durable=True)
def create_practice(
    *,
    name: str,
    office_name: str,
    email: str,
    locations: Sequence[Location],
    practitioner: NewPractitioner,
    now: datetime,
    phone: str = "",
) -> Practice:
    """Set up the practice with its first practitioner, their hours and the usual services.

    Raises `PracticeExists` the second time, `TellingName` for an office name that is not neutral
    and `UnknownZone` for a zone that does not exist.
    """
    if Practice.objects.exists():
        raise PracticeExists
    # People who chose nothing yet, or chose it for that, get mail in this name.
    telling = forbidden_words(office_name, also=_parts(practitioner.display_name))
    if telling:
        raise TellingName(telling)
    zone(practitioner.time_zone)
    practice = Practice.objects.create(
        name=name,
        office_name=office_name,
        email=email,
        phone=phone,
        locations=[
            {"country": place.country, "region": place.region, "label": place.label}
            for place in locations
        ],
    )
    user = User.objects.create_user(email=practitioner.email, password=practitioner.password)
    person = Practitioner.objects.create(
        user=user,
        slug=practitioner.slug,
        display_name=practitioner.display_name,
        initials=practitioner.initials,
        credentials=practitioner.credentials,
        email=practitioner.email,
        time_zone=practitioner.time_zone,
        phone=practitioner.phone,
        video_url=practitioner.video_url,
        address=practitioner.address,
    )
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            practitioner=person,
            weekday=window.weekday,
            opens_minute=window.opens_minute,
            closes_minute=window.closes_minute,
        )
        for window in practitioner.hours
    )
    _usual_services(person)
    journal.note(
        kind="practice_created",
        subject_type="practitioner",
        subject_id=person.id,
        actor=journal.SYSTEM,
        at=now,
    )
    return practice


def _parts(name: str) -> Sequence[str]:
    """A name by which somebody could be looked up, whole and in parts."""
    return [part for part in (name, *name.split()) if len(part) >= _PART_LEAST]


def _usual_services(practitioner: Practitioner) -> None:
    """Lengths, buffers and cut-offs that such a practice usually has; every number is a setting."""
    modalities: list[str] = [Modality.VIDEO, Modality.PHONE]
    if practitioner.address:
        modalities.append(Modality.IN_PERSON)
    for position, service in enumerate(_USUAL):
        row = Service.objects.create(
            position=position,
            modalities=[m for m in modalities if m in service.get("only", modalities)],
            **{k: v for k, v in service.items() if k != "only"},
        )
        row.practitioners.add(practitioner)


_USUAL: Sequence[dict[str, Any]] = (
    {
        "slug": "first-conversation",
        "is_call": True,
        "name": "First conversation",
        "description": "A short call to find out whether we fit. You can ask anything.",
        "relationship_type": RelationshipType.INDIVIDUAL,
        "duration_minutes": 20,
        "buffer_after_minutes": 10,
        "step_minutes": 30,
        "cancel_minutes": _DAY,
        "price_text": "Free",
        "only": (Modality.VIDEO, Modality.PHONE),
    },
    {
        "slug": "individual-session",
        "name": "Session for one",
        "description": "Fifty minutes for what is on your mind, at your pace.",
        "relationship_type": RelationshipType.INDIVIDUAL,
        "duration_minutes": 50,
        "buffer_after_minutes": 10,
        "step_minutes": 30,
        "cancel_minutes": _DAY,
        "price_text": "$120",
    },
    {
        "slug": "first-conversation-for-two",
        "is_call": True,
        "name": "First conversation for two",
        "description": "A short call with both of you, to find out whether we fit.",
        "relationship_type": RelationshipType.COUPLE,
        "duration_minutes": 20,
        "buffer_after_minutes": 20,
        "step_minutes": 30,
        "cancel_minutes": 2 * _DAY,
        "price_text": "Free",
        "only": (Modality.VIDEO, Modality.PHONE),
    },
    {
        "slug": "session-for-two",
        "name": "Session for two",
        "description": "Eighty minutes: enough for both of you to be heard.",
        "relationship_type": RelationshipType.COUPLE,
        "duration_minutes": 80,
        "buffer_after_minutes": 20,
        "step_minutes": 30,
        "notice_minutes": 2 * _DAY,
        "cancel_minutes": 2 * _DAY,
        "price_text": "$180",
    },
    {
        "slug": "session-for-two-or-three",
        "name": "Session for two or three",
        "description": "Eighty minutes for relationships with more than one shape.",
        "relationship_type": RelationshipType.NON_MONOGAMOUS,
        "duration_minutes": 80,
        "buffer_after_minutes": 30,
        "step_minutes": 30,
        "notice_minutes": 2 * _DAY,
        "cancel_minutes": 2 * _DAY,
        "people_max": 3,
        "price_text": "$200",
    },
    {
        "slug": "session-for-several",
        "name": "Session for four or more",
        "description": "A hundred and ten minutes, so that nobody has to hurry.",
        "relationship_type": RelationshipType.NON_MONOGAMOUS,
        "duration_minutes": 110,
        "buffer_after_minutes": 30,
        "step_minutes": 30,
        "notice_minutes": 2 * _DAY,
        "cancel_minutes": 2 * _DAY,
        "people_max": 6,
        "price_text": "$260",
    },
    {
        "slug": "group-call",
        "is_call": True,
        "name": "Call before joining a group",
        "description": "Half an hour to talk about the group and whether it suits you.",
        "relationship_type": RelationshipType.GROUP,
        "duration_minutes": 30,
        "buffer_after_minutes": 10,
        "step_minutes": 30,
        "cancel_minutes": _DAY,
        "price_text": "Free",
        "only": (Modality.VIDEO, Modality.PHONE),
    },
)
