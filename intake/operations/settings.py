"""What the practice decides about its questionnaires: modules, alerts, resources, retention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from intake.domain.modules import BY_KEY, NEED_ALERTS
from intake.domain.refusals import AlertsNotNamed, UnknownSetting
from intake.domain.resources import parsed
from intake.domain.retention import DEFAULT_DAYS
from intake.models import IntakeSettings
from intake.queries.settings import has_alerts
from practice.operations import journal

_ROW = 1


@dataclass(frozen=True, slots=True)
class Changes:
    """The settings to change; None leaves one as it is."""

    modules: Sequence[str] | None = None
    alert_name: str | None = None
    alert_email: str | None = None
    #: 0: nothing is promised any more.
    alert_hours: int | None = None
    second_name: str | None = None
    second_email: str | None = None
    #: Entries like those of `resources.toml`; an empty list goes back to that file.
    resources: Sequence[Mapping[str, Any]] | None = None
    #: Some or all of the classes of `intake.domain.retention`.
    retention_days: Mapping[str, int] | None = None


@transaction.atomic(durable=True)
def change_settings(*, practitioner_id: UUID, changes: Changes, now: datetime) -> IntakeSettings:
    """Change what is given, all of it or nothing.

    Raises `AlertsNotNamed` if a module that asks about suicide would be on without somebody who
    answers alerts, a promise in hours, and a second person; `UnknownSetting` for a module or a
    class of data that does not exist, or days below 1; `InvalidResources`.
    """
    row, _ = IntakeSettings.objects.select_for_update().get_or_create(pk=_ROW)
    changed = []
    for name in (f.name for f in fields(Changes)):
        given = getattr(changes, name)
        if given is None:
            continue
        value = _checked(name, given, row)
        if value != getattr(row, name):
            setattr(row, name, value)
            changed.append(name)
    if NEED_ALERTS & set(row.modules) and not has_alerts(row):
        raise AlertsNotNamed
    if not changed:
        return row
    row.changed_at = now
    row.save()
    journal.note(
        kind="intake_settings_changed",
        subject_type="practitioner",
        subject_id=practitioner_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"changed": changed, "modules": row.modules},
    )
    return row


def _checked(name: str, given: Any, row: IntakeSettings) -> object:
    match name:
        case "modules":
            unknown = sorted(set(given) - BY_KEY.keys())
            if unknown:
                raise UnknownSetting(", ".join(unknown))
            return sorted(set(given))
        case "alert_hours":
            return given or None
        case "resources":
            parsed(given, "resources")
            return [dict(entry) for entry in given] or None
        case "retention_days":
            wrong = sorted(k for k, days in given.items() if k not in DEFAULT_DAYS or days < 1)
            if wrong:
                raise UnknownSetting(", ".join(wrong))
            return {**row.retention_days, **given}
        case _:
            return " ".join(str(given).split())
