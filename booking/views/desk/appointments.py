"""One appointment: what is known of it."""

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from booking.domain.late import MINUTES_MAX, MINUTES_MIN
from booking.domain.refusals import NotTheirs
from booking.models import LateWish
from booking.operations import late
from booking.queries.desk import calendar as calendar_queries
from booking.queries.desk.calendar import AppointmentPage
from booking.queries.joining import how_to_join, join_details
from booking.views.desk import telling, words
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.words import Notice
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.queries import the_practice
from practice.sealing import Tampered, UnknownKey
from practice.views.desk import desk_page

#: How late the page offers to say that one is.
MINUTES_LATE = range(MINUTES_MIN, MINUTES_MAX + 1, 5)


@require_safe
@desk_page
def appointment_page(
    request: HttpRequest, practitioner: Practitioner, appointment_id: UUID
) -> HttpResponse:
    """Details, who comes, and the history."""
    return show_appointment(request, practitioner, appointment_id, now=timezone.now())


def page_of(appointment_id: UUID, practitioner: Practitioner, *, now: datetime) -> AppointmentPage:
    """The page of one's own appointment; somebody else's looks like none at all."""
    try:
        return calendar_queries.appointment_page(appointment_id, practitioner.pk, now=now)
    except NotTheirs:
        raise Http404 from None


def show_appointment(
    request: HttpRequest,
    practitioner: Practitioner,
    appointment_id: UUID,
    *,
    now: datetime,
    notice: Notice | None = None,
) -> HttpResponse:
    """The page as it stands now, with why something was refused."""
    page = page_of(appointment_id, practitioner, now=now)
    appointment, practice = page.appointment, the_practice()
    asked = appointment.request
    names = names_for(request)
    context = {
        "page": page,
        "names": names.entry(appointment, page.people),
        "place": words.place(asked.country, asked.region, practice) if asked and practice else "",
        "coming": [
            (
                p,
                how_to_join(appointment, p),
                names.of(p, in_group=page.in_group.get(p.pk, "")),
            )
            for p in page.people
        ],
        "join": join_details(appointment),
        "minutes_late": MINUTES_LATE if page.can_say_late else (),
        "wishes": [(w, _wish_words(w, practitioner, now=now)) for w in page.late_wishes],
        "notice": notice,
        "history": telling.history(
            calendar_queries.appointment_history(appointment),
            names=names.by_id([*page.people, *page.left]),
            tz=zone(practitioner.time_zone),
        ),
    }
    return desk_response(
        request,
        practitioner,
        "appointment.html",
        context,
        section="calendar",
        now=now,
        status=notice.status if notice else 200,
    )


def _wish_words(wish: LateWish, practitioner: Practitioner, *, now: datetime) -> str:
    """What somebody wrote with their wish; the journal notes that it was read."""
    try:
        return late.read_wish(wish_id=wish.pk, practitioner_id=practitioner.pk, now=now)
    except (Tampered, UnknownKey):
        return gettext("What they wrote cannot be opened.")
