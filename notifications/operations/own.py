"""What a practitioner hears themselves, and what the practice promises."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications.domain.refusals import InvalidWording, WordingMoved
from notifications.messages.lint import promise_problems
from notifications.queries.persons import practitioner_names
from notifications.queries.wordings import article_titles
from practice.models import Practice, Practitioner
from practice.operations import journal


@dataclass(frozen=True, slots=True)
class OwnMessages:
    """The messages that a practitioner may do without. Calls to look at the list are none of them.

    `agenda_minute`: when the morning's leaves, in minutes since midnight on their own wall.
    """

    agenda_minute: int | None
    hears_of_new: bool
    hears_of_ready: bool


@transaction.atomic(durable=True)
def choose_own_messages(*, practitioner_id: UUID, choices: OwnMessages, now: datetime) -> None:
    """Store the choices; messages that wait already follow them."""
    row = Practitioner.objects.select_for_update(no_key=True).get(pk=practitioner_id)
    chosen = asdict(choices)
    for name, value in chosen.items():
        setattr(row, name, value)
    row.save(update_fields=list(chosen))
    journal.note(
        kind="own_messages_changed",
        subject_type="practitioner",
        subject_id=practitioner_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot=chosen,
    )


def check_promise(text: str) -> None:
    """Raises `InvalidWording` for what must not be sent."""
    found = promise_problems(text, names=practitioner_names(), titles=article_titles())
    if found:
        raise InvalidWording(found)


@transaction.atomic(durable=True)
def change_promise(*, text: str, seen: str, practitioner_id: UUID, now: datetime) -> None:
    """Promise an answer in these words from now on.

    `seen` is what the writer had before them. Raises `InvalidWording`, `WordingMoved`.
    """
    check_promise(text)
    practice = Practice.objects.select_for_update().get()
    if practice.reply_promise != seen:
        raise WordingMoved
    practice.reply_promise = text
    practice.save(update_fields=["reply_promise"])
    journal.note(
        kind="promise_changed",
        subject_type="practitioner",
        subject_id=practitioner_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
    )
