"""Who read a person's answers, and when."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from booking.models import Participant
from booking.views.device import private_page
from intake.queries.readings import readings_of
from intake.views.private import show
from intake.views.times import moment


@require_safe
@private_page(answers=True, after_the_end=True)
def readers(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Every opening of this person's own answers. Nobody else's, and not of which section."""
    rows = [
        (moment(reading.at, None, participant.time_zone), reading)
        for reading in readings_of(participant)
    ]
    return show(request, participant, "readers", {"rows": rows})
