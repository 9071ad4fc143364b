"""Writing to each domain no faster than it likes, however many workers there are."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from booking.operations.issuing import address_hash
from notifications.domain.pacing import Pacing, Turn, asked_to_wait, domain_of, take
from notifications.domain.retry import Backoff
from notifications.models import Pace

#: What is remembered of a domain that nothing went to for so long is of no use.
_FORGOTTEN_AFTER = timedelta(days=1)


@transaction.atomic(durable=True)
def take_turns(wanted: Mapping[str, int], *, now: datetime) -> dict[str, Turn]:
    """For each domain, how many of the wanted messages may go now. They count at once."""
    rows = _locked(wanted, now=now)
    turns: dict[str, Turn] = {}
    for domain, number in wanted.items():
        row = rows[domain]
        after, turns[domain] = take(
            _pacing(row), wanted=number, limit=settings.MAIL_PER_MINUTE, now=now
        )
        _keep(row, after)
    Pace.objects.bulk_update(rows.values(), ["minute_from", "taken"])
    return turns


@transaction.atomic(durable=True)
def note_wait(address: str, *, now: datetime, backoff: Backoff) -> datetime | None:
    """A domain asked us to wait for this address; until when it is left alone now, if it is."""
    domain = domain_of(address)
    row = _locked([domain], now=now)[domain]
    recipient = address_hash(address)
    _keep(row, asked_to_wait(_pacing(row), recipient=recipient, backoff=backoff, now=now))
    row.save(update_fields=["waits", "rests_until", "first_asked"])
    return row.rests_until


def note_taken(domain: str) -> None:
    """The domain takes messages again."""
    Pace.objects.filter(domain_hash=_hash(domain)).update(
        waits=0, rests_until=None, first_asked=b""
    )


def forget_domains(*, now: datetime) -> None:
    """Drop what is known of domains that nothing went to for a day."""
    Pace.objects.filter(minute_from__lt=now - _FORGOTTEN_AFTER).delete()


def _locked(domains: Mapping[str, int] | list[str], *, now: datetime) -> dict[str, Pace]:
    hashes = {_hash(domain): domain for domain in domains}
    Pace.objects.bulk_create(
        # In one order everywhere, or two workers could wait for each other.
        [Pace(domain_hash=h, minute_from=now) for h in sorted(hashes)],
        ignore_conflicts=True,
    )
    rows = Pace.objects.select_for_update().filter(domain_hash__in=hashes).order_by("domain_hash")
    return {hashes[bytes(row.domain_hash)]: row for row in rows}


def _hash(domain: str) -> bytes:
    return address_hash("domain:" + domain)


def _pacing(row: Pace) -> Pacing:
    asked = bytes(row.first_asked)
    return Pacing(row.minute_from, row.taken, row.waits, row.rests_until, asked)


def _keep(row: Pace, pacing: Pacing) -> None:
    row.minute_from, row.taken = pacing.minute_from, pacing.taken
    row.waits, row.rests_until = pacing.waits, pacing.rests_until
    row.first_asked = pacing.first_asked
