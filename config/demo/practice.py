"""The demo's practice: who works there, where, at what hours, and what they offer."""

from datetime import date, datetime, timedelta

from config.demo.articles import ARTICLES
from practice.domain.wall import instant, zone
from practice.models import (
    Article,
    EnergyRule,
    HoursOverride,
    Practice,
    Practitioner,
    RelationshipType,
    Service,
    TimeOff,
)
from practice.operations.setup import Hours, Location, NewPractitioner, create_practice

PRACTITIONER_SLUG = "maya-lindqvist"
SIGN_IN = "maya@demo.example"
ZONE = "America/New_York"


def set_up(*, password: str, now: datetime) -> Practitioner:
    """The practice, its practitioner, an irregular week, and three articles."""
    create_practice(
        name="Quiet Harbor Coaching",
        office_name="Harbor Office",
        email="hello@quietharbor.example",
        phone="+1 555 0100",
        locations=[
            Location("US", "NY", "New York, United States"),
            Location("US", "VT", "Vermont, United States"),
            Location("GB", "", "United Kingdom"),
            Location("IE", "", "Ireland"),
        ],
        practitioner=NewPractitioner(
            display_name="Maya Lindqvist",
            slug=PRACTITIONER_SLUG,
            initials="M. L.",
            email=SIGN_IN,
            time_zone=ZONE,
            credentials="MS Educational Psychology, PhD candidate in Clinical Sexology",
            phone="+1 555 0101",
            video_url="https://meet.quietharbor.example/room-7",
            address="12 Harbor Lane, Suite 3, Hudson, New York",
            password=password,
            hours=[
                Hours(0, 9 * 60, 13 * 60),
                Hours(0, 14 * 60, 18 * 60),
                Hours(1, 10 * 60, 18 * 60),
                Hours(2, 9 * 60, 13 * 60),
                Hours(3, 12 * 60, 20 * 60),
                Hours(4, 9 * 60, 15 * 60),
                Hours(5, 10 * 60, 13 * 60),
            ],
        ),
        now=now,
    )
    # One machine asks for everybody in a load test: the limit per network would be in its way.
    Practice.objects.update(
        holds_per_network=10_000, holds_per_practitioner=10_000, holds_per_address=50
    )
    practitioner = Practitioner.objects.get(slug=PRACTITIONER_SLUG)
    today = now.astimezone(zone(ZONE)).date()
    _irregular_days(practitioner, today)
    EnergyRule.objects.create(
        practitioner=practitioner,
        kind=EnergyRule.Kind.AT_MOST,
        relationship_type=RelationshipType.COUPLE,
        limit=2,
    )
    _group_session(practitioner)
    Article.objects.bulk_create(Article(**article._asdict()) for article in ARTICLES)
    return practitioner


def _irregular_days(practitioner: Practitioner, today: date) -> None:
    """A late Wednesday, a closed Friday, and four days away."""
    tz = zone(practitioner.time_zone)
    wednesday = today + timedelta(days=(2 - today.weekday()) % 7 + 14)
    friday = today + timedelta(days=(4 - today.weekday()) % 7 + 7)
    HoursOverride.objects.create(
        practitioner=practitioner, date=wednesday, opens_minute=13 * 60, closes_minute=20 * 60
    )
    HoursOverride.objects.create(practitioner=practitioner, date=friday)
    away = today + timedelta(days=(0 - today.weekday()) % 7 + 21)
    TimeOff.objects.create(
        practitioner=practitioner,
        starts_at=instant(away, 0, tz),
        ends_at=instant(away + timedelta(days=4), 0, tz),
        label="Conference",
    )


def _group_session(practitioner: Practitioner) -> None:
    service = Service.objects.create(
        slug="group-session",
        name="Group session",
        description="Ninety minutes in a small group that stays together.",
        relationship_type=RelationshipType.GROUP,
        duration_minutes=90,
        buffer_after_minutes=30,
        cancel_minutes=72 * 60,
        price_text="$45",
        position=8,
    )
    service.practitioners.add(practitioner)
