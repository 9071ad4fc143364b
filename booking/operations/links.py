"""Private links: sending them, and entering by one.

The token in a link and the code in its mail are HMACs of the link's id under a key outside the
database: the database holds neither, and a message sent again is the same to the byte.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from booking.domain.refusals import AddressInUse, LinkUnusable, TooMany, WrongCode
from booking.domain.states import OPEN_REQUEST_STATES, RequestState
from booking.models import DoNotContact, Participant, PrivateLink, Request
from booking.operations import requests as request_steps
from booking.operations.calendar import lock_calendar_and_request
from practice.operations import journal

WRONG_TRIES_MAX = 10
_LINKS_PER_HOUR = 5
_SIGNATURE_BYTES = 16
_CODE_DIGITS = 6


def _mac(purpose: str, link_id: UUID) -> bytes:
    return hmac.digest(settings.LINK_KEY, purpose.encode() + b":" + link_id.bytes, "sha256")


def token(link_id: UUID) -> str:
    """What stands in the link's URL: 128 random bits and 128 bits that only we can make."""
    raw = link_id.bytes + _mac("link", link_id)[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def code(link_id: UUID) -> str:
    """The six digits printed in the link's mail."""
    return f"{int.from_bytes(_mac('code', link_id)[:8]) % 10**_CODE_DIGITS:0{_CODE_DIGITS}d}"


def link_id_of(token: str) -> UUID | None:
    """The link that a token names, or None if we did not make it."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    if len(raw) != 16 + _SIGNATURE_BYTES:
        return None
    link_id = UUID(bytes=raw[:16])
    is_ours = hmac.compare_digest(raw[16:], _mac("link", link_id)[:_SIGNATURE_BYTES])
    return link_id if is_ours else None


def address_hash(address: str) -> bytes:
    """A keyed hash of an address: enough to recognise it, useless without the key."""
    return hmac.digest(settings.LINK_KEY, b"address:" + address.lower().encode(), "sha256")


def issue_link(
    participant: Participant, *, address: str, purpose: str, actor: str, now: datetime
) -> PrivateLink | None:
    """Send somebody a way in: a link with a code. Runs in the caller's transaction.

    `purpose` is verify, claim, again, invite or call, and decides which message is sent.
    Returns None for an address that asked not to be written to; nobody is told so.
    """
    if DoNotContact.objects.filter(address_hash=address_hash(address)).exists():
        return None
    link = PrivateLink.objects.create(participant=participant, address=address, created_at=now)
    journal.record(
        kind="link_issued",
        subject_type="link",
        subject_id=link.id,
        actor=actor,
        at=now,
        snapshot={"participant": str(participant.id), "purpose": purpose},
    )
    return link


def _check_rate(address: str, *, now: datetime) -> None:
    recent = PrivateLink.objects.filter(
        address=address, created_at__gt=now - timedelta(hours=1)
    ).count()
    if recent >= _LINKS_PER_HOUR:
        raise TooMany


@dataclass(frozen=True, slots=True)
class Entry:
    """Who came in, and by which link."""

    participant: Participant
    link: PrivateLink


def usable_link(token: str) -> PrivateLink:
    """The link of a token, if somebody may still use it. Changes nothing.

    Raises `LinkUnusable` for everything else, without a difference.
    """
    link_id = link_id_of(token)
    link = (
        PrivateLink.objects.select_related("participant__request").filter(pk=link_id).first()
        if link_id
        else None
    )
    if link is None or not _is_usable(link):
        raise LinkUnusable
    return link


def _is_usable(link: PrivateLink) -> bool:
    participant = link.participant
    return (
        link.revoked_at is None
        and link.wrong_tries < WRONG_TRIES_MAX
        and participant.left_at is None
        and participant.request.state in (*OPEN_REQUEST_STATES, RequestState.CONFIRMED)
    )


def enter(*, token: str, code_typed: str, now: datetime) -> Entry:
    """Come in with the code of one's mail. It proves the address that the link was sent to.

    The requester's first entry verifies the request: its hold gets its final end, and the
    other people are invited. The first entry by a claimed hand-over link makes the place
    theirs. Raises `LinkUnusable`, `WrongCode` (counted; ten lock the link) or `AddressInUse`.
    """
    link = _with_code(token, code_typed)
    try:
        return _enter(link_id=link.id, now=now)
    except IntegrityError as error:
        raise AddressInUse from error


def recognise(*, token: str, code_typed: str) -> Participant:
    """Who comes in by this link and code, without entering: for one call of a program.

    Proves no address and changes nothing but the count of wrong codes, which is the same as
    for `enter`. Raises `LinkUnusable` (also before the first entry) and `WrongCode`.
    """
    link = _with_code(token, code_typed)
    if link.participant.verified_at is None or link.participant.email != link.address:
        raise LinkUnusable
    return link.participant


def _with_code(token: str, code_typed: str) -> PrivateLink:
    link = usable_link(token)
    if link.is_handover:
        raise LinkUnusable
    typed = "".join(c for c in code_typed if c.isdigit())
    if not hmac.compare_digest(typed.encode(), code(link.id).encode()):
        raise WrongCode(_count_wrong_try(link_id=link.id))
    return link


@transaction.atomic(durable=True)
def _count_wrong_try(*, link_id: UUID) -> int:
    link = PrivateLink.objects.select_for_update().get(pk=link_id)
    link.wrong_tries += 1
    link.save(update_fields=["wrong_tries"])
    return max(0, WRONG_TRIES_MAX - link.wrong_tries)


@transaction.atomic(durable=True)
def _enter(*, link_id: UUID, now: datetime) -> Entry:
    request_id = PrivateLink.objects.values_list("participant__request_id", flat=True).get(
        pk=link_id
    )
    request = lock_calendar_and_request(request_id)
    link = PrivateLink.objects.select_for_update().get(pk=link_id)
    participant = Participant.objects.select_for_update().get(pk=link.participant_id)
    participant.request = request
    link.participant = participant
    if not _is_usable(link):  # somebody else was first
        raise LinkUnusable
    is_first = link.used_at is None
    if is_first:
        link.used_at = now
        link.save(update_fields=["used_at"])
    if participant.verified_at is None or participant.email != link.address:
        _prove_address(participant, link, now=now)
    elif is_first:
        # A newer link replaces the older ones once it has been used.
        _revoke_others(link, now=now)
    if participant.is_requester and request.state == RequestState.RECEIVED:
        request_steps.verify(request, participant, now=now)
        for other in request.participants.filter(
            attends__in=(Participant.Attends.YES, Participant.Attends.SOMETIMES),
            is_requester=False,
        ):
            invite(other, actor=journal.client(participant.id), now=now)
    return Entry(participant, link)


def _prove_address(participant: Participant, link: PrivateLink, *, now: datetime) -> None:
    is_change = participant.verified_at is not None
    participant.email = link.address
    participant.verified_at = now
    participant.save(update_fields=["email", "verified_at"])
    _revoke_others(link, now=now)
    journal.note(
        kind="address_changed" if is_change else "address_verified",
        subject_type="participant",
        subject_id=participant.id,
        actor=journal.client(participant.id),
        at=now,
    )


def _revoke_others(link: PrivateLink, *, now: datetime) -> None:
    PrivateLink.objects.filter(participant_id=link.participant_id, revoked_at__isnull=True).exclude(
        pk=link.pk
    ).update(revoked_at=now)


def invite(participant: Participant, *, actor: str, now: datetime) -> None:
    """Give another person their way in, as the requester chose. In the caller's transaction."""
    if participant.route == Participant.Route.EMAIL and participant.agreed:
        issue_link(participant, address=participant.email, purpose="invite", actor=actor, now=now)
    elif participant.route == Participant.Route.LINK:
        PrivateLink.objects.create(participant=participant, is_handover=True, created_at=now)


@transaction.atomic(durable=True)
def claim_handover(*, token: str, address: str, now: datetime) -> None:
    """Send the code to the address of whoever follows a hand-over link.

    Nothing is claimed before the code is entered. Ends the same way whether or not the
    invitation is still open, so that nobody can ask it who has come. Raises `TooMany`.
    """
    address = address.strip().lower()
    try:
        link = usable_link(token)
    except LinkUnusable:
        return
    _check_rate(address, now=now)
    participant = link.participant
    if not link.is_handover or participant.verified_at is not None:
        return
    is_taken = (
        Participant.objects.filter(request=participant.request, email=address)
        .exclude(pk=participant.pk)
        .exists()
    )
    if is_taken:
        return
    issue_link(
        participant,
        address=address,
        purpose="claim",
        actor=journal.client(participant.id),
        now=now,
    )


@transaction.atomic(durable=True)
def send_again(*, address: str, now: datetime) -> None:
    """Send every person who reads this address a new link to what is theirs and still open.

    Ends the same way whether there is anything to send or not. Raises `TooMany`.
    """
    address = address.strip().lower()
    _check_rate(address, now=now)
    people = Participant.objects.filter(
        email=address,
        left_at__isnull=True,
        request__state__in=(*OPEN_REQUEST_STATES, RequestState.CONFIRMED),
    ).exclude(request__state=RequestState.RECEIVED, is_requester=False)
    for participant in people.order_by("-request__created_at")[:5]:
        first_purpose = "verify" if participant.is_requester else "invite"
        issue_link(
            participant,
            address=address,
            purpose="again" if participant.verified_at else first_purpose,
            actor=journal.client(participant.id),
            now=now,
        )


@transaction.atomic(durable=True)
def send_to_new_address(*, participant_id: UUID, address: str, now: datetime) -> None:
    """Correct one's own address: a new code goes there, and entering it makes the change.

    Before the first code was entered the mistyped address is replaced at once, so that the
    link sent to a stranger dies. Raises `TooMany` and `AddressInUse`.
    """
    address = address.strip().lower()
    _check_rate(address, now=now)
    participant = Participant.objects.select_for_update().get(pk=participant_id)
    _refuse_shared_address(participant, address)
    if participant.verified_at is None:
        PrivateLink.objects.filter(participant=participant, revoked_at__isnull=True).update(
            revoked_at=now
        )
        participant.email = address
        participant.save(update_fields=["email"])
    issue_link(
        participant,
        address=address,
        purpose="verify" if participant.verified_at is None else "claim",
        actor=journal.client(participant.id),
        now=now,
    )


@transaction.atomic(durable=True)
def correct_invitation(
    *, requester_id: UUID, participant_id: UUID, address: str, now: datetime
) -> None:
    """The requester corrects where another person is invited.

    Does nothing, and looks the same, once that person has come in: their address is theirs.
    Raises `AddressInUse`, `TooMany` and, for somebody of another request,
    `Participant.DoesNotExist`.
    """
    address = address.strip().lower()
    requester = Participant.objects.get(pk=requester_id, is_requester=True)
    participant = Participant.objects.select_for_update().get(
        pk=participant_id, request_id=requester.request_id, is_requester=False
    )
    _check_rate(address, now=now)
    _refuse_shared_address(participant, address)
    if participant.verified_at is not None or participant.left_at is not None:
        return
    PrivateLink.objects.filter(participant=participant, revoked_at__isnull=True).update(
        revoked_at=now
    )
    participant.email = address
    participant.agreed = True
    participant.route = Participant.Route.EMAIL
    participant.save(update_fields=["email", "agreed", "route"])
    if Request.objects.get(pk=participant.request_id).verified_at is not None:
        invite(participant, actor=journal.client(requester.id), now=now)


def _refuse_shared_address(participant: Participant, address: str) -> None:
    if (
        Participant.objects.filter(
            request_id=participant.request_id, email=address, left_at__isnull=True
        )
        .exclude(pk=participant.pk)
        .exists()
    ):
        raise AddressInUse
