"""Facts as the planner is given them, and what it made of them: no database, no Django."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from notifications.domain.facts import (
    AlertFacts,
    AppointmentFacts,
    ChangeFacts,
    CohortFacts,
    Facts,
    LinkFacts,
    Person,
    PersonFacts,
    Recipient,
    RequestFacts,
    SeatFacts,
    SeriesFacts,
)
from notifications.domain.kinds import Kind
from notifications.domain.plan import Plan, Planned

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 3, 23, 15, tzinfo=UTC)
PRACTITIONER = Recipient(uuid4(), NEW_YORK, is_practitioner=True)

ZONES = st.sampled_from(
    ["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
).map(ZoneInfo)
INSTANTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001  (the zone comes from `timezones`)
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def person(**facts: object) -> Person:
    """Somebody who takes part and lacks nothing, but for what is said."""
    usual = Person(
        id=uuid4(),
        zone=LONDON,
        joined_at=NOON - timedelta(days=1),
        is_verified=True,
        is_cleared=True,
        comes=True,
        takes_file=True,
    )
    return replace(usual, **facts)  # type: ignore[arg-type]  # fields by name


def request_of(*people: Person, state: str = "gathering", **facts: object) -> RequestFacts:
    """A request of these people that is still gathering, but for what is said."""
    usual = RequestFacts(
        id=uuid4(),
        state=state,
        revision=3,
        practitioner=PRACTITIONER,
        people=people,
        expires_at=NOON + timedelta(days=14),
        verified_at=NOON - timedelta(days=1),
    )
    return replace(usual, **facts)  # type: ignore[arg-type]  # fields by name


def appointment_of(*people: Person, starts_at: datetime, **facts: object) -> AppointmentFacts:
    """A booked appointment of these people, but for what is said."""
    usual = AppointmentFacts(
        id=uuid4(),
        state="booked",
        revision=1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=50),
        practitioner=PRACTITIONER,
        people=people,
        reminder_minutes=(72 * 60, 24 * 60, 2 * 60),
    )
    return replace(usual, **facts)  # type: ignore[arg-type]  # fields by name


def change(
    facts: Facts,
    kind: str,
    *,
    by: Person | None = None,
    **snapshot: object,
) -> ChangeFacts:
    """A change of this kind, by one of the people or else by the practitioner."""
    subject_type = {
        RequestFacts: "request",
        AppointmentFacts: "appointment",
        LinkFacts: "link",
        SeriesFacts: "series",
        SeatFacts: "seat",
        CohortFacts: "cohort",
        AlertFacts: "request",
        PersonFacts: "participant",
    }[type(facts)]
    actor = f"client:{by.id}" if by else f"practitioner:{PRACTITIONER.id}"
    return ChangeFacts(7, kind, subject_type, facts.id, 3, actor, snapshot)


def told(planned: Plan) -> dict[UUID, set[Kind]]:
    """Who gets which messages at once."""
    kinds: dict[UUID, set[Kind]] = {}
    for message in planned.once:
        kinds.setdefault(message.recipient.id, set()).add(message.kind)
    return kinds


def reminders(planned: Plan, kind: Kind = Kind.REMINDER) -> list[Planned]:
    """What is planned ahead of one kind, in the order of its due times."""
    return sorted((m for m in planned.standing if m.kind is kind), key=lambda m: m.due_at)
