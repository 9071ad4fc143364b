"""Private links: sending them, and entering by one.

The token in a link and the code in its mail are HMACs of the link's id under a key outside the
database: the database holds neither, and a message sent again is the same to the byte.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from booking.domain import link_tokens
from booking.domain.link_tokens import Purpose
from booking.domain.refusals import AddressInUse, LinkUnusable, WrongCode
from booking.domain.states import OPEN_REQUEST_STATES, RequestState
from booking.models import OWN_ADDRESS, Participant, PrivateLink
from booking.operations import verifying
from booking.operations.calendar import constraint_of, lock_calendar_and_request
from booking.operations.issuing import check_own_rate, check_rate, issue_link
from practice.operations import journal

WRONG_TRIES_MAX = 10
_CODE_DIGITS = 6


def token(link_id: UUID) -> str:
    """What stands in the link's URL: 128 random bits and 128 bits that only we can make."""
    return link_tokens.signed(link_id, Purpose.LINK, key=settings.LINK_KEY)


def code(link_id: UUID) -> str:
    """The six digits printed in the link's mail."""
    mac = link_tokens.mac(link_id, Purpose.CODE, key=settings.LINK_KEY)
    return f"{int.from_bytes(mac[:8]) % 10**_CODE_DIGITS:0{_CODE_DIGITS}d}"


def link_id_of(token: str) -> UUID | None:
    """The link that a token names, or None if we did not make it."""
    return link_tokens.id_in(token, Purpose.LINK, key=settings.LINK_KEY)


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
    if link.is_handover:
        # Its page never says whether it was used: the requester can follow it too.
        return link.revoked_at is None
    return (
        link.revoked_at is None
        and link.wrong_tries < WRONG_TRIES_MAX
        and (link.participant.left_at is None or link.purpose == PrivateLink.COPY)
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
        if constraint_of(error) == OWN_ADDRESS:
            raise AddressInUse from error
        raise


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
    tries_left = _take_a_try(link_id=link.id)
    if not hmac.compare_digest(typed.encode(), code(link.id).encode()):
        raise WrongCode(tries_left)
    PrivateLink.objects.filter(pk=link.id).update(wrong_tries=F("wrong_tries") - 1)
    return link


def _take_a_try(*, link_id: UUID) -> int:
    """Count a try before it is looked at, so that a burst gets no more than ten.

    A right one is given back. Returns how many are left; raises `LinkUnusable` at none.
    """
    taken = PrivateLink.objects.filter(pk=link_id, wrong_tries__lt=WRONG_TRIES_MAX).update(
        wrong_tries=F("wrong_tries") + 1
    )
    if not taken:
        raise LinkUnusable
    used: int = PrivateLink.objects.values_list("wrong_tries", flat=True).get(pk=link_id)
    return max(0, WRONG_TRIES_MAX - used)


@transaction.atomic(durable=True)
def _enter(*, link_id: UUID, now: datetime) -> Entry:
    request_id = PrivateLink.objects.values_list("participant__request_id", flat=True).get(
        pk=link_id
    )
    request = lock_calendar_and_request(request_id)
    link = PrivateLink.objects.select_for_update(no_key=True).get(pk=link_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=link.participant_id)
    participant.request = request
    link.participant = participant
    if not _is_usable(link):  # somebody else was first
        raise LinkUnusable
    is_first = link.used_at is None
    if is_first:
        link.used_at = now
        link.save(update_fields=["used_at"])
    if link.purpose != PrivateLink.COPY and (
        participant.verified_at is None or participant.email != link.address
    ):
        _prove_address(participant, link, now=now)
    elif is_first:
        # A newer link replaces the older ones once it has been used.
        _revoke_others(link, now=now)
    if participant.is_requester and request.state == RequestState.RECEIVED:
        verifying.verify(request, participant, now=now)
        for other in request.participants.filter(
            attends__in=(Participant.Attends.YES, Participant.Attends.SOMETIMES),
            is_requester=False,
        ):
            invite(other, actor=journal.client(participant.id), now=now)
    return Entry(participant, link)


def _prove_address(participant: Participant, link: PrivateLink, *, now: datetime) -> None:
    is_change = participant.verified_at is not None
    before = participant.links.filter(address=participant.email, is_handover=False).first()
    participant.email = link.address
    participant.verified_at = now
    participant.save(update_fields=["email", "verified_at"])
    _revoke_others(link, now=now)
    actor = journal.client(participant.id)
    if not is_change:
        journal.note(
            kind="address_verified",
            subject_type="participant",
            subject_id=participant.id,
            actor=actor,
            at=now,
        )
        return
    # Both addresses are told. The journal holds none, so it names a link that was sent there.
    journal.record(
        kind="address_changed",
        subject_type="participant",
        subject_id=participant.id,
        actor=actor,
        at=now,
        snapshot=_what_it_replaced(participant, before, link),
    )


def _what_it_replaced(
    participant: Participant, before: PrivateLink | None, after: PrivateLink
) -> dict[str, str | bool]:
    """The links that were sent to both addresses, and whether the earlier one may take it back.

    Only where its reader has said that nobody else reads there (`booking.operations.undoing`).
    """
    if before is None:
        return {}
    is_alone = participant.shared_mailbox == Participant.SharedMailbox.NO
    return {"link_before": str(before.id), "link_after": str(after.id), "may_undo": is_alone}


def _revoke_others(link: PrivateLink, *, now: datetime) -> None:
    PrivateLink.objects.filter(
        participant_id=link.participant_id, revoked_at__isnull=True, is_handover=False
    ).exclude(pk=link.pk).update(revoked_at=now)


def invite(participant: Participant, *, actor: str, now: datetime) -> None:
    """Give another person their way in, as the requester chose. In the caller's transaction."""
    if participant.route == Participant.Route.EMAIL and participant.agreed:
        issue_link(participant, address=participant.email, purpose="invite", actor=actor, now=now)
    elif participant.route == Participant.Route.LINK:
        PrivateLink.objects.create(
            participant=participant, is_handover=True, purpose="handover", created_at=now
        )


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
    check_rate(address, purpose="claim", now=now)
    participant = link.participant
    is_over = participant.left_at is not None or participant.request.state not in (
        *OPEN_REQUEST_STATES,
        RequestState.CONFIRMED,
    )
    if not link.is_handover or participant.verified_at is not None or is_over:
        return
    check_own_rate(participant.id, now=now)
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
    check_rate(address, purpose="again", now=now)
    check_rate(address, purpose="invite", now=now)
    people = Participant.objects.filter(
        email=address,
        left_at__isnull=True,
        request__state__in=(*OPEN_REQUEST_STATES, RequestState.CONFIRMED),
    ).exclude(request__state=RequestState.RECEIVED, is_requester=False)
    for participant in people.order_by("-request__created_at")[:5]:
        is_invitation = participant.verified_at is None and not participant.is_requester
        issue_link(
            participant,
            address=address,
            purpose="invite" if is_invitation else "again",
            actor=journal.client(participant.id),
            now=now,
        )


@transaction.atomic(durable=True)
def send_to_new_address(*, participant_id: UUID, address: str, now: datetime) -> None:
    """Correct one's own address: a new code goes there, and entering it makes the change.

    Before the first code was entered the mistyped address is replaced at once, so that the
    link sent to a stranger dies. An address that somebody else of the request uses gets no
    mail, and nobody is told: the answer would give that person away. Whoever has left gets no
    way in by another address. Raises `TooMany`.
    """
    address = address.strip().lower()
    participant = _locked(participant_id)
    check_own_rate(participant.id, now=now)
    if participant.left_at is not None or _is_anothers(participant, address):
        return
    if participant.verified_at is None:
        _revoke_all(participant, now=now)
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

    Does nothing, and looks the same, once that person has come in (their address is theirs) or
    if the address is somebody else's. Raises `TooMany` and, for somebody of another request or
    who is only mentioned, `Participant.DoesNotExist`.
    """
    address = address.strip().lower()
    requester = Participant.objects.get(pk=requester_id, is_requester=True)
    participant = _locked(participant_id)
    is_invited = participant.attends != Participant.Attends.NO and not participant.is_requester
    if participant.request_id != requester.request_id or not is_invited:
        raise Participant.DoesNotExist
    check_own_rate(participant.id, now=now)
    is_theirs = participant.verified_at is not None or participant.left_at is not None
    if is_theirs or _is_anothers(participant, address):
        return
    _revoke_all(participant, now=now)
    participant.email = address
    participant.agreed = True
    participant.route = Participant.Route.EMAIL
    participant.save(update_fields=["email", "agreed", "route"])
    if participant.request.verified_at is not None:
        invite(participant, actor=journal.client(requester.id), now=now)


def _locked(participant_id: UUID) -> Participant:
    request_id = Participant.objects.values_list("request_id", flat=True).get(pk=participant_id)
    request = lock_calendar_and_request(request_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    participant.request = request
    return participant


def _revoke_all(participant: Participant, *, now: datetime) -> None:
    participant.links.filter(revoked_at__isnull=True).update(revoked_at=now)


def _is_anothers(participant: Participant, address: str) -> bool:
    return (
        Participant.objects.filter(
            request_id=participant.request_id, email=address, left_at__isnull=True
        )
        .exclude(pk=participant.pk)
        .exists()
    )
