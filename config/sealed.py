"""The one list of everything that is sealed, of every app: what `manage.py rotate_keys` goes
through. A test finds all columns named `*_sealed` and misses none here.
"""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q

from booking.models import LateWish, Request
from config.accounts import FIELD, LABEL, NO_ROW
from intake.models import Answer, Feedback, Flag, Signature
from practice.operations.rotation import Batch, Place, SealedColumn
from practice.sealing import Tampered, UnknownKey, current_header, seal, sealed_with, unseal

#: The entries of allauth's JSON that our adapter seals.
_SECRETS = ("secret", "seed")


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """The practitioners' second factors, sealed inside the JSON that allauth keeps. A handful."""

    name: str = "mfa.authenticator.data"

    def waiting(self) -> int:
        """How many values are not sealed with the key of today."""
        rows = Authenticator.objects.filter(_has_secret())
        return sum(len(_stale(row.data)) for row in rows)

    @transaction.atomic(durable=True)
    def reseal(self, *, after: object | None, size: int) -> Batch:
        """Seal the next ones again."""
        rows = Authenticator.objects.select_for_update(skip_locked=True).filter(_has_secret())
        if after is not None:
            rows = rows.filter(pk__gt=after)
        found = list(rows.order_by("pk")[:size])
        lost: Counter[str] = Counter()
        resealed = altered = 0
        for row in found:
            for key, value in _stale(row.data).items():
                try:
                    text = unseal(value, label=LABEL, row=NO_ROW, field=FIELD)
                except UnknownKey:
                    lost[sealed_with(value)] += 1
                except Tampered:
                    altered += 1
                else:
                    sealed = seal(text, label=LABEL, row=NO_ROW, field=FIELD)
                    row.data[key] = base64.b64encode(sealed).decode()
                    resealed += 1
            row.save(update_fields=["data"])
        return Batch(found[-1].pk if found else None, resealed, lost, altered)


def _has_secret() -> Q:
    return Q(data__has_any_keys=list(_SECRETS))


def _stale(data: dict[str, str]) -> dict[str, bytes]:
    opened = {key: base64.b64decode(data[key]) for key in _SECRETS if key in data}
    return {k: v for k, v in opened.items() if not v.startswith(current_header())}


COLUMNS: Sequence[SealedColumn] = (
    SealedColumn(Request, "topics_sealed", label="request", field="topics"),
    SealedColumn(Request, "words_sealed", label="request", field="words"),
    SealedColumn(LateWish, "words_sealed", label="late_wish", field="words"),
    SealedColumn(Answer, "value_sealed", label="answer", field_from="question"),
    SealedColumn(Feedback, "sliders_sealed", label="feedback", field="sliders"),
    SealedColumn(Feedback, "words_sealed", label="feedback", field="words"),
    SealedColumn(Signature, "legal_name_sealed", label="signature", field="legal_name"),
    SealedColumn(Flag, "sources_sealed", label="flag", field="sources"),
)
PLACES: Sequence[Place] = (*COLUMNS, SecondFactors())
