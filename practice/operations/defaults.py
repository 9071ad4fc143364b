"""How the practice lends time: the settings that every session shares."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from uuid import UUID

from django.db import transaction

from practice.models import Practice
from practice.operations import journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for all sessions, unless one of them says otherwise."""

    people_max: int
    unverified_hold_minutes: int
    single_hold_hours: int
    joint_hold_hours: int
    proposal_hold_hours: int
    soon_days: int
    soon_hold_hours: int
    gathering_days: int
    offer_hours: int
    offer_soon_days: int
    offer_soon_hours: int
    offer_today_hours: int
    #: When decisions about several people leave: minutes since midnight, and weekdays from Monday.
    batch_minutes: Sequence[int]
    batch_weekdays: Sequence[int]


def defaults_of(practice: Practice) -> Defaults:
    """The settings as they are."""
    return Defaults(**{f.name: getattr(practice, f.name) for f in fields(Defaults)})


@transaction.atomic(durable=True)
def set_defaults(*, practitioner_id: UUID, defaults: Defaults, now: datetime) -> None:
    """Make these the settings. What is held, offered or decided already keeps its end.

    The form has checked the bounds (`booking.forms.defaults`); the same again changes nothing.
    """
    practice = Practice.objects.select_for_update(no_key=True).get()
    if defaults_of(practice) == defaults:
        return
    given = {
        name: list(value) if isinstance(value, list | tuple) else value
        for name, value in asdict(defaults).items()
    }
    Practice.objects.update(**given)
    journal.note(
        kind="defaults_changed",
        subject_type="practitioner",
        subject_id=practitioner_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot=given,
    )
