"""The zone in which a person's own pages show times: theirs, not whoever's asked them along."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.models import Participant
from booking.operations.zones import choose_zone
from booking.views.answer import see_other
from booking.views.device import private_page
from booking.views.person import changed_meanwhile

#: The pages that have the choice, by what their form says of where it stands.
_PAGES = {"you": "you", "times": "answer-times"}


@private_page()
@require_POST
def own_zone(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Times are in this zone from now on, on every page and in every message."""
    try:
        choose_zone(
            participant_id=participant.id,
            time_zone=request.POST.get("zone", ""),
            guessed="guessed" in request.POST,
            now=timezone.now(),
        )
    except InvalidRequest:
        messages.warning(
            request, _("We don't know that time zone. Please choose one from the list.")
        )
    except NotTheirs:
        return changed_meanwhile(request, participant)
    page = _PAGES.get(request.POST.get("back", ""), "you")
    return see_other(page, participant_id=participant.id)
