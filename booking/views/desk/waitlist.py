"""Who waits for a time to open up."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.queries.desk import waitlist as waitlist_queries
from booking.views.desk import words
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from practice.models import Practitioner
from practice.views.desk import desk_page


@require_safe
@desk_page
def waitlist(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Everybody in line, with what is offered to them."""
    names = names_for(request)
    places = waitlist_queries.waitlist(practitioner.pk)
    context = {
        "rows": [
            {
                "place": place,
                "suits": words.wishes(place.entry.wishes),
                "zone": next(
                    p.participant.time_zone for p in place.people if p.participant.is_requester
                ),
                "names": names.all_of(words.attending(place.people)),
                "missing": [
                    words.missing(p, names) for p in place.people if p.is_awaited or p.has_left
                ],
            }
            for place in places
        ]
    }
    return desk_response(
        request, practitioner, "waitlist.html", context, section="waiting", now=timezone.now()
    )
