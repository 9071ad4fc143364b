"""Documents as the desk sees them: their wording, who signed which version, who is to sign again;
and each person's own signatures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from booking.models import Appointment, Participant
from intake.domain.definitions import CONSENT_ORDER, Consent
from intake.domain.loader import library
from intake.models import Signature
from intake.queries.documents import background, own_wordings
from intake.queries.standings import Standing, standing_of
from practice.models import Change
from practice.sealing import Tampered, UnknownKey, unseal

#: The journal's kind for asking somebody to sign a new version; people are told of it.
DOCUMENT_CHANGED = "document_changed"
_OPEN = OPEN_REQUEST_STATES - {RequestState.RECEIVED}


# The desk ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """One document as it applies now, with how many people's signatures stand, by version."""

    consent: Consent
    is_own_wording: bool
    signed: Sequence[tuple[int, int]]


def listed(practitioner_id: UUID) -> Sequence[Listed]:
    """Every document, in the order in which they are read. Two queries."""
    own = own_wordings()
    counts = _signed_by_version(practitioner_id)
    known = {key for key, _ in library().consents}
    return [
        Listed(own.get(key) or library().consent(key), key in own, counts.get(key, []))
        for key in CONSENT_ORDER
        if key in known
    ]


def _signed_by_version(practitioner_id: UUID) -> Mapping[str, list[tuple[int, int]]]:
    rows = (
        Signature.objects.filter(
            participant__request__practitioner_id=practitioner_id,
            withdrawn_at__isnull=True,
            accepted=True,
        )
        .values("document", "document_version")
        .annotate(people=Count("pk"))
        .order_by("document", "-document_version")
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        found.setdefault(row["document"], []).append((row["document_version"], row["people"]))
    return found


# Signing again -----------------------------------------------------------------------------------


def signers(
    *,
    practitioner_id: UUID | None = None,
    document: str | None = None,
    expected_at: datetime | None = None,
) -> QuerySet[Participant]:
    """People who take part, may still save, and whose agreement to something stands.

    With `expected_at` only those who wait for a confirmation or have a session ahead of it.
    """
    signed = Signature.objects.filter(
        participant=OuterRef("pk"), withdrawn_at__isnull=True, accepted=True
    )
    if document is not None:
        signed = signed.filter(document=document)
    found = (
        Participant.objects.filter(
            Exists(signed),
            joined_at__isnull=False,
            left_at__isnull=True,
            excused_at__isnull=True,
            request__state__in=_OPEN | {RequestState.CONFIRMED},
        )
        .exclude(attends=Participant.Attends.NO)
        .order_by("pk")
    )
    if practitioner_id is not None:
        found = found.filter(request__practitioner_id=practitioner_id)
    if expected_at is not None:
        ahead = Appointment.objects.filter(
            request=OuterRef("request"), state=AppointmentState.BOOKED, ends_at__gt=expected_at
        )
        found = found.filter(~Q(request__state=RequestState.CONFIRMED) | Exists(ahead))
    return found


def outdated(own: Standing) -> Mapping[str, int]:
    """The required documents of which this person signed another text, with today's version."""
    versions = {d.consent.key: d.consent.version for d in own.documents}
    return {key: versions[key] for key in own.unsigned if key in own.signatures}


def was_asked(own: Standing) -> bool:
    """Whether this person was already asked to sign all that is outdated."""
    rows = Change.objects.filter(
        kind=DOCUMENT_CHANGED, subject_type="participant", subject_id=own.participant.id
    )
    return any(_covers(row, own) for row in rows)


def _covers(row: Change, own: Standing) -> bool:
    # Whoever signed after they were asked did what was asked: what reads otherwise now came later.
    asked = row.snapshot.get("documents", {})
    return all(
        asked.get(key) == version and row.occurred_at >= own.signatures[key].signed_at
        for key, version in outdated(own).items()
    )


@dataclass(frozen=True, slots=True)
class ToSign:
    """How many people signed an earlier version than the one that applies."""

    not_asked: int
    waiting: int


def to_sign_again(practitioner_id: UUID, *, now: datetime) -> ToSign:
    """Of the people still expected. As many queries for a hundred people as for one."""
    people = list(
        signers(practitioner_id=practitioner_id, expected_at=now)
        .select_related("request__service", "request__practitioner")
        .prefetch_related(
            "signatures",
            "answer_sheet__answers",
            Prefetch("request__participants", Participant.objects.order_by("position")),
        )
    )
    known = background()
    missing = {}
    for person in people:
        own = standing_of(person, getattr(person, "answer_sheet", None), known)
        if outdated(own):
            missing[person.id] = own
    rows = Change.objects.filter(
        kind=DOCUMENT_CHANGED, subject_type="participant", subject_id__in=missing.keys()
    )
    asked = {row.subject_id for row in rows if _covers(row, missing[row.subject_id])}
    return ToSign(not_asked=len(missing.keys() - asked), waiting=len(asked))


# One's own signatures ----------------------------------------------------------------------------


def own_signatures(participant: Participant) -> Sequence[Signature]:
    """Everything a person has signed, newest first; taken back and replaced ones too."""
    return list(
        Signature.objects.filter(participant=participant)
        .select_related("text")
        .order_by("-signed_at", "document")
    )


def own_signature(participant: Participant, signature_id: UUID) -> Signature | None:
    """One of a person's own signatures; None for anybody else's."""
    return (
        Signature.objects.filter(participant=participant, pk=signature_id)
        .select_related("text")
        .first()
    )


def legal_name(signature: Signature) -> str:
    """The name typed under it; empty if its key is lost. For its owner's page only."""
    try:
        return unseal(
            signature.legal_name_sealed,
            label="signature",
            row=signature.id,
            field="legal_name",
        )
    except (UnknownKey, Tampered):
        return ""
