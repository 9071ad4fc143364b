"""Reads of the practice's own tables."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from practice.models import ApiToken, Article, Practice, Practitioner, Service


def database_now() -> datetime:
    """The database's clock: the one clock that every task and command starts from."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def the_practice() -> Practice | None:
    """The practice of this installation; None until `manage.py create_practice` has run."""
    return Practice.objects.first()


def practitioner_for_token(token: str) -> Practitioner | None:
    """Whose API token this is, if it is one and has not been revoked."""
    row = (
        ApiToken.objects.select_related("practitioner")
        .filter(
            token_hash=token_digest(token),
            revoked_at__isnull=True,
            practitioner__is_active=True,
        )
        .first()
    )
    return row.practitioner if row else None


def token_digest(token: str) -> bytes:
    """What is stored of a token. A random 256-bit secret needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def practitioner_of(user_id: UUID) -> Practitioner | None:
    """The practitioner who signs in as this user."""
    return Practitioner.objects.filter(user_id=user_id, is_active=True).first()


def active_practitioners() -> Sequence[Practitioner]:
    """Everyone who takes requests."""
    return list(Practitioner.objects.filter(is_active=True))


def services_on_offer() -> QuerySet[Service]:
    """What can be asked for, in the practice's own order."""
    services = Service.objects.filter(is_active=True, practitioners__is_active=True).distinct()
    return services.prefetch_related("practitioners")


def offered_services(relationship_type: str | None = None) -> Sequence[Service]:
    """What can be asked for, of one relationship type or of all."""
    services = services_on_offer()
    if relationship_type:
        services = services.filter(relationship_type=relationship_type)
    return list(services)


def published_articles() -> Sequence[Article]:
    """Newest first."""
    return list(Article.objects.all())


def article(slug: str) -> Article | None:
    """One article."""
    return Article.objects.filter(slug=slug).first()
