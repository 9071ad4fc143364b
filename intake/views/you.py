"""A person's own page: where things stand in the outward words, and what they can do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.domain.states import Outward
from booking.models import Participant
from booking.operations import links
from booking.queries import people
from booking.queries.dates import cancelled_for
from booking.queries.joining import how_to_join
from booking.queries.own_words import own_words
from booking.views.device import private_page
from booking.views.person import said_before_joining
from intake.domain.completeness import Progress
from intake.queries.feedback import asked_now, have_said
from intake.queries.parting import may_end
from intake.queries.people import inviter_of
from intake.queries.sharing import shared_with
from intake.queries.standings import standing
from intake.views.private import show
from intake.views.support import support_context
from intake.views.times import Moment, moment
from intake.views.told import told
from practice.queries import database_now


@dataclass(frozen=True, slots=True)
class Candidate:
    """One time to say yes or no to."""

    id: str
    moment: Moment
    accepts: bool | None


@private_page(after_the_end=True)
def you(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The page a private link leads to. It tells nothing about anybody else's part."""
    now = database_now()
    page = people.person_page(participant.id, now=now)
    if page.outward is Outward.CLOSED:
        asked = None if participant.left_at is not None else asked_now(participant, now=now)
        return show(request, participant, "you", _closed(page, now=now) | {"after": asked})
    zone_name = participant.time_zone
    appointment = page.appointment
    said = said_before_joining(request, participant, page.wanted)
    wanted = [replace(time, accepts=said.get(time.appointment.id)) for time in page.wanted]
    context: dict[str, object] = {
        "page": page,
        "practitioner": page.request.practitioner,
        "service": page.request.service,
        "wanted": _candidates(wanted, zone_name),
        "candidates": _candidates(page.to_answer, zone_name),
        "answered": _candidates(page.answered, zone_name),
        "answer_until": page.answer_until and moment(page.answer_until, None, zone_name),
        "join": how_to_join(appointment, participant) if appointment else None,
        "inviter": inviter_of(participant) or (_somebody(participant)),
    }
    if not page.needs_to_join:
        own = standing(participant.id)
        context |= {
            "after": asked_now(participant, now=now),
            "own": own,
            "parts": [
                {"title": _(p.section.title), "section": p.section, "progress": p.progress}
                for p in own.parts
            ],
            # A section can be all optional: it is offered while it is empty, never demanded.
            "next_slug": next(
                (p.section.slug for p in own.parts if p.progress is not Progress.DONE), ""
            ),
            "handovers": _handovers(page.others),
            "may_end": may_end(participant),
            "can_see_others": page.outward is Outward.BOOKED and own.facts.people > 1,
        }
    return show(request, participant, "you", context)


def _somebody(participant: Participant) -> str:
    """Who invites, where no name is to be said; nobody invites the requester."""
    return "" if participant.is_requester else _("Somebody you know")


def _candidates(times: Sequence[people.TimeToAnswer], zone_name: str) -> Sequence[Candidate]:
    return [
        Candidate(
            str(t.appointment.id),
            moment(t.appointment.starts_at, t.appointment.ends_at, zone_name),
            t.accepts,
        )
        for t in times
    ]


def _closed(page: people.PersonPage, *, now: datetime) -> dict[str, object]:
    """What is left once a request has ended: what is theirs, and where else to turn."""
    own = standing(page.participant.id)
    zone_name = page.participant.time_zone
    context: dict[str, object] = {
        "page": page,
        "cancelled": [
            moment(a.starts_at, a.ends_at, zone_name)
            for a in cancelled_for(page.participant, now=now)
        ],
        # An invitation that was never opened has nothing of theirs behind it.
        "has_own": own.sheet is not None
        or bool(own.signatures)
        or bool(have_said([page.participant]))
        or bool(own_words(page.participant.id)),
        "may_end": may_end(page.participant),
    }
    # However it ended: whoever needs somebody now may come back to this page.
    return context | support_context(page.request.country)


def _handovers(others: Sequence[people.OtherInvitation]) -> Sequence[dict[str, object]]:
    """For the requester: the links to hand over, and the invitations that may be redirected."""
    return [
        {
            "id": f"person-{other.participant.position}",
            "person_id": other.participant.id,
            "name": other.participant.label,
            "url": settings.BASE_URL + reverse("open", args=[links.token(other.handover_link_id)])
            if other.handover_link_id
            else "",
            "may_correct": other.may_correct_address,
        }
        for other in others
    ]


@private_page(answers=True)
def others(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What the others attending chose to show, once the appointment is booked."""
    return show(
        request,
        participant,
        "others",
        {
            "shared": [
                {"name": by.name, "answers": [told(s) for s in by.answers]}
                for by in shared_with(participant)
            ],
        },
    )
