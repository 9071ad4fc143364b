"""One request, with everything booking knows about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.domain.gate import Unmet
from booking.domain.refusals import NotTheirs
from booking.forms.details import TOPIC_LABELS
from booking.operations import reading
from booking.queries.desk import request as request_queries
from booking.queries.desk.groups import member_of
from booking.queries.desk.request import RequestPage
from booking.queries.desk.standings import Standing
from booking.views.desk import telling, words
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.words import Notice
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.sealing import Tampered, UnknownKey
from practice.views.desk import desk_page


@require_safe
@desk_page
def request_page(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID
) -> HttpResponse:
    """Everything booking knows about a request."""
    return show_request(request, practitioner, request_id, now=timezone.now())


def page_of(request_id: UUID, practitioner: Practitioner, *, now: datetime) -> RequestPage:
    """The page of one's own request; somebody else's looks like none at all."""
    try:
        return request_queries.request_page(request_id, practitioner.pk, now=now)
    except NotTheirs:
        raise Http404 from None


def leaves(page: RequestPage, practitioner: Practitioner) -> str:
    """When a decision made now would leave; empty: at once."""
    return words.moment(page.leaves_at, zone(practitioner.time_zone)) if page.leaves_at else ""


def show_request(
    request: HttpRequest,
    practitioner: Practitioner,
    request_id: UUID,
    *,
    now: datetime,
    notice: Notice | None = None,
) -> HttpResponse:
    """The page as it stands now, with why something was refused."""
    page = page_of(request_id, practitioner, now=now)
    asked, names = page.request, names_for(request)
    context: dict[str, Any] = {
        "page": page,
        "notice": notice,
        "names": names.all_of(words.attending(page.people)),
        "type": words.TYPES[asked.relationship_type],
        "place": words.place(asked.country, asked.region, page.practice),
        "people": _people(page),
        "reasons": _reasons(page, practitioner),
        "failure": words.failure(page.failed) if page.failed else [],
        "objections": [words.reason(u) for u in page.objections],
        "queued_words": words.DECISIONS[page.queued.kind] if page.queued else "",
        "member": member_of(asked, now=now) if page.seat else None,
        "history": telling.history(
            request_queries.history(asked),
            names=names.by_id([p.participant for p in page.people]),
            tz=zone(practitioner.time_zone),
        ),
        **_their_words(page, practitioner, now=now),
    }
    return desk_response(
        request,
        practitioner,
        "request.html",
        context,
        section="waiting",
        now=now,
        status=notice.status if notice else 200,
    )


def _people(page: RequestPage) -> list[dict[str, Any]]:
    may_go_on = page.can_decline and not page.is_for_one
    settled = (Standing.MENTIONED, Standing.EXCUSED, Standing.FINISHED)
    return [
        {
            "person": person,
            "words": words.STANDINGS[person.standing],
            "can_go_on_without": may_go_on
            and not person.participant.is_requester
            and person.standing not in settled,
        }
        for person in page.people
    ]


def _reasons(page: RequestPage, practitioner: Practitioner) -> list[str]:
    # Nothing is held while people find a time together: the time is what is chosen now.
    idle = {Unmet.NO_TIME} if page.together is not None else set()
    return [words.reason(u, leaves=leaves(page, practitioner)) for u in page.unmet if u not in idle]


def _their_words(page: RequestPage, practitioner: Practitioner, *, now: datetime) -> dict[str, Any]:
    try:
        read = reading.read_words(
            request_id=page.request.pk, practitioner_id=practitioner.pk, now=now
        )
    except (Tampered, UnknownKey):
        return {"unreadable": True}
    return {"topics": [TOPIC_LABELS.get(t, t) for t in read.topics], "their_words": read.words}
