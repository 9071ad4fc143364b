"""Letters with sample data: what a message looks like before anybody gets it."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from notifications.domain.discretion import one_line
from notifications.domain.kinds import FROM_THE_OFFICE, TELLS_A_TIME, Kind
from notifications.messages.slots import Slot
from notifications.messages.wording import ours
from notifications.queries.letters import Letter, Session, page
from notifications.queries.persons import zone_of
from practice.domain.wall import instant, local_date
from practice.models import Modality, Practice, Practitioner

_LENGTH = timedelta(minutes=50)
_HOUR = 15 * 60
_WEEK, _WEEKS = timedelta(days=7), 4
#: How long before the sample session each variant of a reminder would leave.
_BEFORE = {"later": timedelta(days=3), "tomorrow": timedelta(days=1), "today": timedelta(hours=2)}
_EXAMPLE = UUID(int=0)


def sample_letter(
    slot: Slot,
    *,
    practice: Practice,
    practitioner: Practitioner,
    now: datetime,
    details: bool = True,
) -> Letter:
    """What this message would be written from, for somebody in the practitioner's own zone.

    `details`: for a reader whose mailbox nobody else sees. The way in is no real one.
    """
    tz = zone_of(practitioner.time_zone)
    first = local_date(now, tz) + _WEEK
    starts = [instant(first + week * _WEEK, _HOUR, tz) for week in range(_WEEKS)]
    starts_at = starts[0]
    sender = one_line(practice.office_name)
    return Letter(
        kind=slot.kind,
        delivery_id=_EXAMPLE,
        address=_("reader@example.org"),
        sender=sender,
        signature=sender,
        reply_to=practice.email,
        zone=tz,
        url=page("desk:waiting") if slot.is_to_practitioner else page("open", "example"),
        ask_url=page("request"),
        sent_at=starts_at - _BEFORE.get(slot.variant, timedelta(days=3)),
        code="" if slot.is_to_practitioner else "123 456",
        details=details,
        session=Session(
            starts_at=starts_at,
            ends_at=starts_at + _LENGTH,
            modality=Modality.VIDEO,
            join_by="video",
            join="https://video.example/room",
            free_until=starts_at - timedelta(days=1),
        ),
        times=_offered(slot.kind, starts),
        times_until=starts_at - timedelta(days=2),
        requester=_("Robin") if slot.kind in FROM_THE_OFFICE else "",
        reply_promise=practice.reply_promise,
        reference="A-12345",
        has_file=details and slot.kind in TELLS_A_TIME,
        dates=tuple((start, start + _LENGTH) for start in _dates(slot.kind, starts)),
        clock_before=starts_at.astimezone(tz) + timedelta(hours=1),
        minutes_late=10,
        sessions_today=4,
        is_waiting=True,
        files_follow=details,
        undo_url=page("undo-address", "example") if details else "",
        undo_until=starts_at if details else None,
        is_about_passcode=slot == Slot(Kind.SETTINGS_CHANGED, "passcode"),
        waits_for_place=slot == Slot(Kind.ON_THE_LIST, "place"),
        wordings=practice.wordings,
    )


def _dates(kind: Kind, starts: list[datetime]) -> list[datetime]:
    return starts[:2] if kind is Kind.LAST_DATES else starts[:3]


def _offered(kind: Kind, starts: list[datetime]) -> tuple[tuple[datetime, datetime], ...]:
    one = kind in (Kind.TIME_OPENED, Kind.TIME_TO_CONFIRM, Kind.TIME_TO_CONFIRM_REMINDER)
    offered = starts[:1] if one else starts[1:] if kind is Kind.CANCELLED_BY_PRACTICE else []
    return tuple((start, start + _LENGTH) for start in offered)


def our_words(slot: Slot, letter: Letter) -> tuple[str, tuple[str, ...]]:
    """The subject and the paragraphs that come with Attune, placeholders open."""
    message = ours(replace(letter, wordings={}))
    return message.subject, message.words
