"""The last dates of a series: whether to go on after them, said on one's own page."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from booking.domain.refusals import NotTheirs
from booking.models import Participant
from booking.operations.wishes import say_what_follows
from booking.queries.wishes import Wish, last_dates, latest_wish
from booking.views.answer import see_other
from booking.views.device import private_page
from practice.queries import database_now

_LABELS = {
    Wish.RENEW: gettext_lazy("I would like to go on"),
    Wish.PAUSE: gettext_lazy("I would like a pause"),
    Wish.FINISH: gettext_lazy("I would like to finish"),
}


@private_page()
@require_http_methods(["GET", "HEAD", "POST"])
def remaining(request: HttpRequest, participant: Participant, series_id: UUID) -> HttpResponse:
    """What is left, and three things to say about what follows. Only the practitioner reads it."""
    now = database_now()
    dates = last_dates(series_id, participant.pk, now=now)
    if not dates:
        raise Http404
    if request.method == "POST":
        said = request.POST.get("wish", "")
        if said not in Wish:
            raise Http404
        try:
            say_what_follows(
                series_id=series_id, participant_id=participant.pk, wish=Wish(said), now=now
            )
        except NotTheirs:
            raise Http404 from None
        messages.success(request, _("Thank you. Your practitioner reads it; your dates stay."))
        return see_other("messages:remaining", participant.pk, series_id)
    context = {
        "participant": participant,
        "sign_out_url": reverse("leave-device"),
        "series_id": series_id,
        "dates": dates,
        "wishes": [(wish.value, label) for wish, label in _LABELS.items()],
        "said": latest_wish(series_id, participant.pk),
    }
    return render(request, "notifications/remaining.html", context)
