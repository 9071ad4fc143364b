"""What the practice offers: a service's settings, written and noted in the journal.

A step of one transaction, called under the lock of every practitioner who offers the service:
see `practice.operations.hours`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from uuid import UUID

from django.utils.text import slugify

from practice.models import Practitioner, Service
from practice.operations import journal

#: What the journal keeps of a service: numbers, never words.
_NOTED = (
    "duration_minutes",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "step_minutes",
    "notice_minutes",
    "horizon_days",
    "day_cap",
    "week_cap",
    "cancel_minutes",
    "reminder_minutes",
    "people_max",
    "modalities",
    "is_active",
    "is_call",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Everything about a service that is a setting."""

    name: str
    relationship_type: str
    duration_minutes: int
    description: str = ""
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 10
    step_minutes: int = 30
    notice_minutes: int = 24 * 60
    horizon_days: int = 60
    day_cap: int | None = None
    week_cap: int | None = None
    cancel_minutes: int = 24 * 60
    reminder_minutes: Sequence[int] = (72 * 60, 24 * 60, 2 * 60)
    modalities: Sequence[str] = field(default=("video", "phone"))
    price_text: str = ""
    people_max: int | None = None
    position: int = 0
    is_active: bool = True
    is_call: bool = False


def settings_of(service: Service) -> ServiceSettings:
    """The settings that a service has."""
    return ServiceSettings(**{f.name: getattr(service, f.name) for f in fields(ServiceSettings)})


def write_service(
    service: Service | None, settings: ServiceSettings, *, practitioner_id: UUID, now: datetime
) -> Service:
    """Change a service, or add one that this practitioner offers.

    Who a service is for and its address stay what they were: requests refer to both. Where people
    are reminded at other times now, that holds for what is booked already.
    """
    row = service or Service(slug=_free_slug(settings.name))
    reminded_before = list(row.reminder_minutes) if service else []
    for name, value in asdict(settings).items():
        if service is not None and name == "relationship_type":
            continue
        setattr(row, name, list(value) if isinstance(value, tuple | list) else value)
    row.save(force_insert=service is None)
    if service is None:
        row.practitioners.add(Practitioner.objects.get(pk=practitioner_id))
    is_reminded_otherwise = service is not None and reminded_before != row.reminder_minutes
    write = journal.record if is_reminded_otherwise else journal.note
    write(
        kind="service_changed" if service else "service_added",
        subject_type="service",
        subject_id=row.pk,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={name: getattr(row, name) for name in _NOTED},
    )
    return row


def _free_slug(name: str) -> str:
    stem = slugify(name)[:40] or "session"
    taken = set(Service.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number = 2
    slug = stem
    while slug in taken:
        slug = f"{stem}-{number}"
        number += 1
    return slug
