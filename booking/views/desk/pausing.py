"""A pause of a series: which dates go and what follows is seen before it is made."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from booking.forms.series import PauseForm
from booking.operations import series as operations
from booking.queries.desk.series import Pause, pause_of
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.pressing import press
from booking.views.desk.series import page_of, show_series
from booking.views.desk.words import Notice
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def pause(request: HttpRequest, practitioner: Practitioner, series_id: UUID) -> HttpResponse:
    """Show what a pause takes out; at a press cancel that, and the rest stands."""
    now = timezone.now()
    page = page_of(series_id, practitioner, now=now)
    typed = request.POST if request.method == "POST" else request.GET
    if "first" not in typed:
        return redirect("desk:series", series_id)
    form = PauseForm(typed)
    if not form.is_valid():
        return show_series(request, practitioner, page, now=now, form=form)
    tz = zone(practitioner.time_zone)
    found = pause_of(page, first=form.cleaned_data["first"], until=form.until, tz=tz)

    def show(notice: Notice | None = None) -> HttpResponse:
        context = {
            "page": page,
            "names": names_for(request).all_of(page.people),
            "form": form,
            "pause": found,
            "notice": notice,
        }
        return desk_response(
            request,
            practitioner,
            "series_pause.html",
            context,
            section="calendar",
            now=now,
            status=notice.status if notice else 200,
        )

    if request.method != "POST":
        return show()
    if not _was_seen(request, found):
        return show(
            Notice(
                gettext("Its dates have changed meanwhile"),
                gettext("This is what goes now. Nothing has been cancelled."),
            )
        )

    def rest() -> str:
        cancelled = operations.pause(
            series_id=series_id,
            practitioner_id=practitioner.pk,
            first=form.cleaned_data["first"],
            until=form.until,
            offer_to_waitlist=request.POST.get("to_waitlist") == "on",
            now=now,
        )
        if not cancelled:
            return gettext("No date of the series lies in those days: nothing has changed.")
        return ngettext(
            "%(count)s date is cancelled. Everyone attending hears of it now.",
            "%(count)s dates are cancelled. Everyone attending hears of it now.",
            len(cancelled),
        ) % {"count": len(cancelled)}

    return press(request, rest, back=resolve_url("desk:series", series_id), show=show)


def _was_seen(request: HttpRequest, found: Pause) -> bool:
    """Whether what is cancelled is what the page showed."""
    shown = set(request.POST.getlist("goes"))
    return shown == {str(a.pk) for a in found.goes}
