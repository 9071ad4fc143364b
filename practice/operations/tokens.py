"""API tokens of practitioners."""

import secrets
from datetime import datetime

from django.db import transaction

from practice.models import ApiToken, Practitioner
from practice.operations import journal
from practice.queries import token_digest


@transaction.atomic(durable=True)
def issue_token(*, practitioner: Practitioner, name: str, now: datetime) -> str:
    """Make a token for scripts and return it: it is shown this once."""
    token = f"attune_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        practitioner=practitioner, name=name, token_hash=token_digest(token), created_at=now
    )
    journal.note(
        kind="token_issued",
        subject_type="api_token",
        subject_id=row.id,
        actor=journal.practitioner(practitioner.id),
        at=now,
    )
    return token


@transaction.atomic(durable=True)
def revoke_token(*, token: ApiToken, now: datetime) -> None:
    """End a token at once."""
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    journal.note(
        kind="token_revoked",
        subject_type="api_token",
        subject_id=token.id,
        actor=journal.practitioner(token.practitioner_id),
        at=now,
    )
