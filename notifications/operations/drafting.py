"""What planning is about to write: rows read once, changed in memory, written all at once.

Several changes are planned one after the other on the same draft, and each finds what those before
it have left, as if it had been written. It comes to the same rows as one by one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.db.models import Max, Q

from booking.models import Attendance
from notifications.domain.plan import Planned
from notifications.models import Delivery, Invite
from notifications.queries.gathering import Subject
from notifications.queries.replies import organizer_now
from practice.models import Change
from practice.rows import as_json, given, insertion

_SECOND = timedelta(seconds=1)
_STATE = Delivery.State

#: What planning changes in a delivery that stands already.
_CHANGED = (
    "state",
    "reason",
    "settled_at",
    "change_id",
    "due_at",
    "try_at",
    "not_after",
    "method",
    "invite_id",
    "sequence",
    "stamped_at",
)
_UPDATE = f"""
    UPDATE notifications_delivery AS row
       SET {", ".join(f"{name} = given.{name}" for name in _CHANGED)}
      FROM {given(Delivery)} AS given
     WHERE row.id = given.id
"""  # noqa: S608 - names of our own

#: Whoever was quicker may have planned the same; turns are taken, so nobody should have been.
_INSERT = f"{insertion(Delivery)} ON CONFLICT (key) DO NOTHING"
_ENTER = (
    f"{insertion(Invite)} ON CONFLICT (attendance_id) DO UPDATE SET sequence = EXCLUDED.sequence"
)

#: One person at one appointment: whose calendar entry it is.
type Place = tuple[UUID, UUID]


@dataclass(slots=True)
class _Entry:
    """Somebody's calendar entry, and the stamp of the last file about it."""

    invite: Invite
    stamped_at: datetime | None = None


class Draft:
    """The deliveries that planning looks at, those that it adds, and their calendar entries."""

    def __init__(
        self,
        rows: Iterable[Delivery],
        places: dict[Place, Attendance],
        stamps: dict[UUID, datetime],
        *,
        now: datetime,
    ) -> None:
        self._now = now
        self._rows: dict[str, Delivery] = {}
        self._of: dict[Subject, dict[str, Delivery]] = {}
        self._new: dict[str, Delivery] = {}
        self._changed: dict[str, Delivery] = {}
        self._places = places
        self._stamps = stamps
        self._entries: dict[Place, _Entry] = {}
        for row in rows:
            self._keep(row)

    @classmethod
    def read(
        cls,
        *,
        subjects: Collection[Subject],
        keys: Collection[str],
        places: Collection[Place],
        now: datetime,
    ) -> Self:
        """What waits for these subjects, locked (a sender skips it meanwhile), and what has one
        of these keys. Four queries, however much that is.
        """
        waiting = Delivery.objects.select_for_update().filter(
            _about(subjects), state=_STATE.PENDING
        )
        rows = {row.pk: row for row in waiting.order_by("pk")} if subjects else {}
        known = Delivery.objects.filter(key__in=keys) if keys else ()
        for row in known:
            rows.setdefault(row.pk, row)
        found: dict[Place, Attendance] = {}
        if places:
            comers = Attendance.objects.select_related("invite").filter(
                appointment__in={appointment for appointment, _ in places},
                participant__in={person for _, person in places},
            )
            found = {(a.appointment_id, a.participant_id): a for a in comers}
        invites = [a.invite.pk for a in found.values() if hasattr(a, "invite")]
        stamps: dict[UUID, datetime] = {}
        if invites:
            sent = Delivery.objects.filter(invite__in=invites, stamped_at__isnull=False)
            stamps = dict(sent.values_list("invite_id").annotate(Max("stamped_at")))
        return cls(rows.values(), found, stamps, now=now)

    def _keep(self, row: Delivery) -> None:
        self._rows[row.key] = row
        self._of.setdefault((row.subject_type, row.subject_id), {})[row.key] = row

    def get(self, key: str) -> Delivery | None:
        """The delivery with this key."""
        return self._rows.get(key)

    def waiting_for(self, subject: Subject) -> list[Delivery]:
        """What waits about this subject."""
        rows = self._of.get(subject, {}).values()
        return [row for row in rows if row.state == _STATE.PENDING]

    def supersede(self, row: Delivery, reason: str) -> None:
        """Drop a delivery that waits."""
        row.state = _STATE.SUPERSEDED
        row.reason = reason
        row.settled_at = self._now
        self._changed[row.key] = row

    def revive(self, row: Delivery, message: Planned, change: Change) -> None:
        """Have a reminder wait for the time that is right now, because of this change."""
        row.state = _STATE.PENDING
        row.reason = ""
        row.settled_at = None
        row.change = change
        self.put_off(row, message)

    def put_off(self, row: Delivery, message: Planned) -> None:
        """Have a delivery wait for another time."""
        row.due_at = row.try_at = message.due_at
        row.not_after = message.not_after
        self._changed[row.key] = row

    def add(self, messages: Collection[Planned], change: Change) -> list[Delivery]:
        """Deliveries that were not there, because of this change."""
        added = [_delivery(message, change, now=self._now) for message in messages]
        for row in added:
            self._keep(row)
            self._new[row.key] = row
        return added

    def add_files(self, rows: Iterable[Delivery]) -> None:
        """Give each message with a calendar file its recipient's UID and their next SEQUENCE.

        DTSTAMP is strictly later than in the recipient's last file, to the second that iCalendar
        knows. An older file that has not left yet never will: the newer one says it all.
        """
        # Of several files to one person at once, the last one says it all.
        with_file = {
            (row.subject_id, row.participant_id): row
            for row in rows
            if row.method and row.participant_id is not None
        }
        entries = {place: entry for place in with_file if (entry := self._entry(place)) is not None}
        ids = {entry.invite.pk for entry in entries.values()}
        older = [
            row
            for appointment_id in {place[0] for place in entries}
            for row in self.waiting_for(("appointment", appointment_id))
            if row.invite_id in ids
        ]
        stamp = self._now.replace(microsecond=0)
        for place, entry in entries.items():
            row, last = with_file[place], entry.stamped_at
            entry.invite.sequence += 1
            entry.stamped_at = max(stamp, last + _SECOND) if last else stamp
            row.invite = entry.invite
            row.sequence = entry.invite.sequence
            row.stamped_at = entry.stamped_at
        for row in older:
            self.supersede(row, "a newer calendar entry follows")

    def change_file(self, row: Delivery, method: str) -> None:
        """Have a delivery that waits carry another calendar file than planned, or none."""
        had_one = row.invite_id is not None
        row.method = method
        self._changed[row.key] = row
        if not method:
            row.invite = row.sequence = row.stamped_at = None
        elif not had_one:
            self.add_files([row])

    def _entry(self, place: Place) -> _Entry | None:
        """The calendar entry of one person for one appointment; None if they are not on it."""
        if place not in self._entries:
            attendance = self._places.get(place)
            if attendance is None:
                return None
            # The stubs do not know that a reverse one-to-one may be missing.
            invite = getattr(attendance, "invite", None)
            if invite is None:
                invite = Invite(attendance=attendance, organizer=organizer_now())
            self._entries[place] = _Entry(invite, self._stamps.get(invite.pk))
        return self._entries[place]

    def write(self) -> None:
        """Write everything: three statements at most.

        By hand (ADR 12), because the ORM composes and parses one with a placeholder for each
        column of each row, which takes longer than carrying it out.
        """
        entered = [entry.invite for entry in self._entries.values()]
        changed = [row for key, row in self._changed.items() if key not in self._new]
        for statement, model, rows in (
            (_ENTER, Invite, entered),
            (_INSERT, Delivery, list(self._new.values())),
            (_UPDATE, Delivery, changed),
        ):
            if rows:
                parameters: dict[str, Any] = {"rows": as_json({model: rows})}
                with connection.cursor() as cursor:
                    cursor.execute(statement, parameters)


def _about(subjects: Collection[Subject]) -> Q:
    """Deliveries about any of these."""
    ids: dict[str, list[UUID]] = {}
    for subject_type, subject_id in sorted(set(subjects)):
        ids.setdefault(subject_type, []).append(subject_id)
    about = Q()
    for subject_type, of_type in ids.items():
        about |= Q(subject_type=subject_type, subject_id__in=of_type)
    return about


def _delivery(message: Planned, change: Change, *, now: datetime) -> Delivery:
    recipient = message.recipient
    return Delivery(
        key=message.key,
        change=change,
        kind=message.kind,
        subject_type=message.subject_type,
        subject_id=message.subject_id,
        revision=message.revision,
        participant_id=None if recipient.is_practitioner else recipient.id,
        practitioner_id=recipient.id if recipient.is_practitioner else None,
        due_at=message.due_at,
        try_at=message.due_at,
        not_after=message.not_after,
        says_start=message.says_start,
        planned_at=now,
        method=message.method,
    )
