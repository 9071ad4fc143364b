"""The rows behind messages about one person's own things."""

from datetime import datetime
from uuid import UUID

from booking.models import PrivateLink
from intake.queries import standing
from notifications.domain.facts import Person, PersonFacts
from practice.models import Change


def person_facts(person: Person, *, is_live: bool) -> PersonFacts:
    """Somebody by themselves. Signatures are looked up only if a document has changed."""
    changed_at = _document_changed_at(person.id)
    return PersonFacts(
        id=person.id,
        people=[person],
        is_live=is_live,
        has_to_sign=changed_at is not None and bool(standing(person.id).unsigned),
        document_changed_at=changed_at,
    )


def _document_changed_at(participant_id: UUID) -> datetime | None:
    changed = Change.objects.filter(
        kind="document_changed", subject_type="participant", subject_id=participant_id
    )
    return changed.order_by("-pk").values_list("occurred_at", flat=True).first()


def address_before(change: Change) -> str:
    """The address that a change of address replaced: where an earlier link was sent.

    The journal holds no addresses, so it names that link. Empty if it is gone.
    """
    link_id = change.snapshot.get("link_before")
    link = PrivateLink.objects.filter(pk=link_id, participant=change.subject_id).first()
    return link.address if link_id and link else ""
