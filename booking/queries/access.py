"""Who may come in and from where, and the single facts that pages and the API ask for."""

import ipaddress
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http.request import split_domain_port

from booking.domain.states import AppointmentState
from booking.models import Appointment, Participant, PrivateLink, Request
from practice.models import Service


def person_behind(link_id: UUID | str, participant_id: UUID) -> Participant | None:
    """The person whom a device came in as, while the link it came by lives and they take part.

    Whoever has ended their part comes in by the link to their own copy alone.
    """
    link = (
        PrivateLink.objects.filter(
            pk=link_id,
            participant_id=participant_id,
            revoked_at__isnull=True,
        )
        .filter(Q(participant__left_at__isnull=True) | Q(purpose=PrivateLink.COPY))
        .select_related("participant__request__service", "participant__request__practitioner")
        .first()
    )
    return link.participant if link else None


def passcode_hash_of(participant_id: UUID) -> str:
    """What guards this person's answers now; empty: nothing does."""
    people = Participant.objects.values_list("passcode_hash", flat=True)
    found: str = people.get(pk=participant_id)
    return found


def has_chosen_zone(participant: Participant) -> bool:
    """Whether the zone of this person is one that they chose; then no page guesses at another."""
    # Whoever asked on the request page chose it there.
    return participant.chose_zone_at is not None or (
        participant.is_requester and participant.request.origin != Request.Origin.PRACTITIONER
    )


def has_left(participant_id: UUID) -> bool:
    """Whether this person has no part in their request any more."""
    return Participant.objects.filter(pk=participant_id, left_at__isnull=False).exists()


def requester_of(request_id: UUID) -> Participant:
    """The person who wrote first. Raises `Participant.DoesNotExist`."""
    return Participant.objects.get(request_id=request_id, is_requester=True)


def state_of(request_id: UUID) -> str:
    """A request's state. Raises `Request.DoesNotExist`."""
    state: str = Request.objects.values_list("state", flat=True).get(pk=request_id)
    return state


def booked_appointment(request_id: UUID) -> Appointment | None:
    """The next appointment that is booked for a request."""
    return (
        Appointment.objects.filter(request_id=request_id, state=AppointmentState.BOOKED)
        .order_by("starts_at")
        .first()
    )


def duration_of(service_id: UUID) -> int:
    """How long a service's sessions are, in minutes. Raises `Service.DoesNotExist`."""
    minutes: int = Service.objects.values_list("duration_minutes", flat=True).get(pk=service_id)
    return minutes


def client_address(meta: Mapping[str, Any]) -> str | None:
    """The IP address of a call, from the META of its request; None if it cannot be told.

    Only the proxies that are ours (`ALLAUTH_TRUSTED_PROXY_COUNT`, counted from the end) are
    believed about where a call came from: what stands before them anybody can write.
    """
    trusted: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    if trusted and hops != [""]:
        found = hops[-trusted] if len(hops) >= trusted else ""
    else:
        found = str(meta.get("REMOTE_ADDR") or "")
    host, port = split_domain_port(found.strip())
    bare = host.strip("[]") if port else found.strip()
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None
