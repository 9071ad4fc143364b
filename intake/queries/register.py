"""The register of consents: who agreed to which version of a document, declined or took back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from intake.models import Signature


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of a document, with how many agreed, declined and took it back."""

    document: str
    version: int
    agreed: int
    declined: int
    taken_back: int
    first_at: datetime
    last_at: datetime


def register(practitioner_id: UUID) -> Sequence[Edition]:
    """Every version that somebody signed, newest first within its document. One query."""
    live = Q(withdrawn_at__isnull=True)
    rows = (
        Signature.objects.filter(participant__request__practitioner_id=practitioner_id)
        .values("document", "document_version")
        .annotate(
            agreed=Count("pk", filter=live & Q(accepted=True)),
            declined=Count("pk", filter=live & Q(accepted=False)),
            taken_back=Count("pk", filter=~live),
            first_at=Min("signed_at"),
            last_at=Max("signed_at"),
        )
        .order_by("document", "-document_version")
    )
    return [
        Edition(
            document=row["document"],
            version=row["document_version"],
            agreed=row["agreed"],
            declined=row["declined"],
            taken_back=row["taken_back"],
            first_at=row["first_at"],
            last_at=row["last_at"],
        )
        for row in rows
    ]


def signatures_of(practitioner_id: UUID, document: str, version: int) -> QuerySet[Signature]:
    """Who signed one version, newest first, for the page to cut."""
    return (
        Signature.objects.filter(
            participant__request__practitioner_id=practitioner_id,
            document=document,
            document_version=version,
        )
        .select_related("participant", "text")
        .defer("legal_name_sealed", "text__text")
        .order_by("-signed_at", "pk")
    )
