"""The time zone in which one's hours are kept: for whoever has moved, or travels for months."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from booking.domain.availability import Draft
from booking.domain.refusals import InvalidRequest
from booking.forms.time_zone import TimeZoneForm
from booking.forms.zones import Groups, zone_groups, zones_of_countries
from booking.operations import availability
from booking.queries import availability as queries
from booking.queries import versions
from booking.queries.availability import Change
from booking.templatetags.times import city, clock_in, zone_words
from booking.views.desk import meanwhile, words
from booking.views.desk.hours.words import off_words_in
from booking.views.desk.meanwhile import Stand
from booking.views.desk.page import desk_response
from booking.views.desk.review import Edit, Note, is_going_back, review
from booking.views.desk.words import Notice
from practice.domain.hours import clock, length
from practice.domain.wall import instant, local_date, zone, zone_names
from practice.models import Practitioner, TimeOff
from practice.queries import the_practice
from practice.views.desk import desk_page

#: More stretches of time off than these are no sentences any more; the page of hours has them all.
_OFF_LISTED = 6


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def time_zone(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """The zone in which one's hours are kept."""
    now = timezone.now()
    kept_in = practitioner.time_zone

    def show(
        form: TimeZoneForm, *, notice: Notice | None = None, status: int = 200
    ) -> HttpResponse:
        chosen = str(form["zone"].value() or "")
        context: dict[str, Any] = {
            "form": form,
            "zones": _zones(chosen, kept_in, now=now),
            "reader_zone": chosen if chosen in zone_names() else kept_in,
            "kept_in": kept_in,
            "clock": clock_in(now, kept_in),
            "notice": notice,
            **meanwhile.carried(request, _stand(practitioner.pk), notice=notice),
        }
        return desk_response(
            request,
            practitioner,
            "hours_zone.html",
            context,
            section="hours",
            now=now,
            status=status,
        )

    if request.method != "POST":
        return show(TimeZoneForm(initial={"zone": kept_in}))
    form = TimeZoneForm(request.POST)
    if is_going_back(request):
        return show(form)
    # The second press of "Save" is none of choosing what stands.
    if form.is_valid() and form.cleaned_data["zone"] == kept_in and "save" not in request.POST:
        form.add_error("zone", gettext("Your hours are kept in this time zone already."))
    if not form.is_valid():
        return show(form, status=400)
    try:
        return review(
            request,
            practitioner,
            _edit(practitioner, form.cleaned_data["zone"], seen=meanwhile.seen(request), now=now),
            now=now,
            again=lambda notice: show(form, notice=notice, status=notice.status),
        )
    except InvalidRequest as invalid:
        return show(form, notice=words.refused(invalid), status=400)


def _zones(chosen: str, kept_in: str, *, now: datetime) -> Groups:
    """The list that clients' pages have, with what is likely for a practitioner before it."""
    practice = the_practice()
    countries = [place["country"] for place in practice.locations] if practice else []
    likely = [chosen, kept_in, *zones_of_countries(countries)]
    (_title, near), *everywhere = zone_groups(likely, now=now)
    return [(gettext("Yours, and where your clients are"), near), *everywhere]


def _edit(practitioner: Practitioner, chosen: str, *, seen: str | None, now: datetime) -> Edit:
    here, there = zone(practitioner.time_zone), zone(chosen)
    return Edit(
        title=gettext("Your hours in %(zone)s") % {"zone": zone_words(chosen, now)},
        summary=[
            gettext("They keep their clock times, on the clock in %(there)s instead of %(here)s.")
            % _places(here, there),
            _shift_words(here, there, now=now),
        ],
        notes=_notes(practitioner, here, there, now=now),
        change=Change(Draft(zone=there)),
        save=lambda: availability.set_time_zone(
            practitioner_id=practitioner.pk, time_zone=chosen, seen=seen, now=now
        ),
        done=gettext("Your hours are kept in %(zone)s now.") % {"zone": zone_words(chosen, now)},
        stand=lambda: _stand(practitioner.pk),
    )


def _places(here: ZoneInfo, there: ZoneInfo) -> dict[str, str]:
    return {"here": city(here.key), "there": city(there.key)}


def _shift_words(here: ZoneInfo, there: ZoneInfo, *, now: datetime) -> str:
    """By how much the hours of the next weeks come at other moments."""
    today = local_date(now, there)
    days = [today + timedelta(days=n) for n in range(queries.PREVIEW_DAYS)]
    shifts = {instant(day, 12 * 60, there) - instant(day, 12 * 60, here) for day in days}
    most = max(shifts, key=abs)
    if not most:
        return gettext("Both clocks show the same time in the next four weeks: nothing shifts.")
    sentences = (
        (
            gettext("They begin %(time)s later than now."),
            gettext(
                "They begin up to %(time)s later than now: the clocks change on other days there."
            ),
        )
        if most > timedelta()
        else (
            gettext("They begin %(time)s earlier than now."),
            gettext(
                "They begin up to %(time)s earlier than now: the clocks change on other days there."
            ),
        )
    )
    return sentences[len(shifts) > 1] % {"time": length(round(abs(most).total_seconds() / 60))}


def _notes(
    practitioner: Practitioner, here: ZoneInfo, there: ZoneInfo, *, now: datetime
) -> Sequence[Note]:
    """What stays, and what goes by the new clock."""
    places = _places(here, there)
    clocks = {
        **places,
        "now_here": clock_in(now, here.key),
        "now_there": clock_in(now, there.key),
    }
    stays = [
        gettext(
            "Everything that is booked or held, at the same moment. Each appointment keeps the "
            "wall time and time zone it was made with, until you move it."
        ),
        gettext(
            "What your clients read: every time in their own time zone, and the same invitations "
            "and reminders. Nobody is told. Only the times they can ask for are others; somebody "
            "whose time zone we don't know yet reads these in %(there)s time until they choose."
        )
        % places,
        gettext(
            "Series: each goes on by the wall time and time zone that it has, with the dates you "
            "add, too, and those you move together. A series that you begin from now on goes by "
            "the clock in %(there)s."
        )
        % places,
        gettext(
            "Time off that is entered already, and decisions that wait for their batch, at the "
            "same moments."
        ),
    ]
    follows = [
        gettext("Your weekly hours, and other hours on single days, at the same clock times."),
        gettext(
            "Every time at your desk: what reads %(now_here)s in %(here)s now reads %(now_there)s "
            "then."
        )
        % clocks,
        gettext(
            "What a day and a week are: where you take on only so much in one, pause a series, or "
            "call a day off."
        ),
        gettext("When decisions about several people leave from now on."),
    ]
    if practitioner.agenda_minute is not None:
        follows.append(
            gettext("The message with your day: it comes at %(time)s in %(there)s.")
            % {**places, "time": clock(practitioner.agenda_minute)}
        )
    return [
        Note(gettext("What stays"), stays),
        Note(gettext("What goes by the new clock"), follows),
        *_off_note(queries.overview(practitioner, now=now).time_off, here, there),
    ]


def _off_note(off: Sequence[TimeOff], here: ZoneInfo, there: ZoneInfo) -> Sequence[Note]:
    """Time off that reads otherwise on the new clock: its days may begin at six there."""
    lines = []
    for row in off:
        before, after = (off_words_in(row.starts_at, row.ends_at, tz) for tz in (here, there))
        if before != after:
            lines.append(
                gettext("%(before)s: there, %(after)s.") % {"before": before, "after": after}
            )
    if not lines:
        return []
    more = len(lines) - _OFF_LISTED
    if more > 0:
        lines = [
            *lines[:_OFF_LISTED],
            gettext("The page of your hours has the rest of it (%(number)s).") % {"number": more},
        ]
    return [Note(gettext("Time off, as it reads on the new clock"), lines)]


def _stand(practitioner_id: UUID) -> Stand:
    return Stand(
        versions.of_time_zone(practitioner_id), [zone_words(queries.kept_in(practitioner_id))]
    )
