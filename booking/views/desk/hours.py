"""Hours: the week, single days, time off, and what can be given in one day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from booking.domain.availability import OF_THE_HOURS, Draft
from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.domain.slots import AtMost, DatedWindow, Interval, NotAfter
from booking.forms.days import DaysForm, TimeOffForm
from booking.forms.energy import KINDS, EnergyForm
from booking.forms.week import WeekForm, weekday_name
from booking.operations import availability
from booking.queries import availability as queries
from booking.queries.availability import Change, Overview
from booking.templatetags.times import day_words
from booking.views.desk import words
from booking.views.desk.page import desk_response
from booking.views.desk.review import (
    Edit,
    effect_context,
    is_going_back,
    outside_rows,
    review,
    uuid_or_none,
)
from booking.views.desk.words import Notice
from practice.domain.hours import clock, dates
from practice.domain.wall import instant, local_date, zone
from practice.models import EnergyRule, HoursOverride, Modality, Practitioner, TimeOff, WeeklyHours
from practice.views.desk import desk_page


@require_safe
@desk_page
def overview(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Everything that makes up one's hours, and what comes of it in the next four weeks."""
    now = timezone.now()
    known = queries.overview(practitioner, now=now)
    found = {
        key: own & OF_THE_HOURS
        for key, own in queries.outside(practitioner, now=now).items()
        if own & OF_THE_HOURS
    }
    effect = queries.effect(
        practitioner, Change(), now=now, counted=uuid_or_none(request.GET.get("counted"))
    )
    listed = queries.listed(found)
    tz = zone(practitioner.time_zone)
    context = {
        **effect_context(effect, practitioner, now=now),
        "outside": outside_rows(listed, tz),
        "outside_more": len(found) - len(listed),
        "week": _week_words(known.weekly),
        "dates": _coming(known, practitioner),
        "energy": [_rule_words(rule) for rule in known.energy],
    }
    return desk_response(request, practitioner, "hours.html", context, section="hours", now=now)


# --- The week -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def week(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """The weekly hours."""
    now = timezone.now()
    today = local_date(now, zone(practitioner.time_zone))

    def show(form: WeekForm, *, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        context = {"form": form, "wrong": form.wrong, "notice": notice}
        return desk_response(
            request,
            practitioner,
            "hours_week.html",
            context,
            section="hours",
            now=now,
            status=status,
        )

    if request.method != "POST":
        return show(WeekForm.stored(queries.overview(practitioner, now=now).weekly))
    if is_going_back(request) or "add" in request.POST or "copy" in request.POST:
        return show(WeekForm.rearranged(request.POST))
    form = WeekForm.sent(request.POST)
    if not form.is_valid():
        return show(form, status=400)
    rows = availability.week_after(
        queries.weekly_spans(practitioner.pk), form.spans, form.from_date, today=today
    )
    later = form.from_date if form.from_date and form.from_date > today else None
    edit = Edit(
        title=gettext("Your weekly hours"),
        summary=[
            gettext("From %(day)s on. Until then your hours stay as they are.")
            % {"day": day_words(later)}
        ]
        if later
        else [],
        change=Change(Draft(weekly=queries.windows(rows)), first=later),
        save=lambda: availability.set_week(
            practitioner_id=practitioner.pk, spans=form.spans, from_date=form.from_date, now=now
        ),
        done=gettext("Your weekly hours are saved."),
    )
    try:
        return review(request, practitioner, edit, now=now)
    except InvalidRequest as invalid:
        return show(form, notice=words.refused(invalid), status=400)


# --- Single days ----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def days(request: HttpRequest, practitioner: Practitioner, day: date | None = None) -> HttpResponse:
    """Other hours on single dates, or none. `day`: one that has hours of its own already."""
    now = timezone.now()
    today = local_date(now, zone(practitioner.time_zone))
    known = queries.overview(practitioner, now=now).overrides
    own = [o for o in known if o.date == day]
    if day is not None and not own:
        raise Http404

    def show(form: DaysForm, *, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "day": day,
            "day_words": day_words(day) if day else "",
            "wrong": form.wrong if status != 200 else [],
            "notice": notice,
        }
        return desk_response(
            request,
            practitioner,
            "hours_day.html",
            context,
            section="hours",
            now=now,
            status=status,
        )

    if request.method != "POST":
        return show(DaysForm.stored(day, own, today=today))
    if "remove" in request.POST and day is not None and not is_going_back(request):
        return review(
            request, practitioner, _days_removed(practitioner, day, known, now=now), now=now
        )
    if is_going_back(request) or "add" in request.POST:
        if "remove" in request.POST:
            return show(DaysForm.stored(day, own, today=today))
        more = "add" in request.POST and not is_going_back(request)
        return show(DaysForm.rearranged(request.POST, today=today, day=day, more=more))
    form = DaysForm.sent(request.POST, today=today, day=day)
    if not form.is_valid():
        return show(form, status=400)
    try:
        edit = _days_changed(practitioner, form, known, now=now)
        return review(request, practitioner, edit, now=now)
    except InvalidRequest as invalid:
        return show(form, notice=words.refused(invalid), status=400)


def _days_changed(
    practitioner: Practitioner,
    form: DaysForm,
    known: Sequence[HoursOverride],
    *,
    now: datetime,
) -> Edit:
    first, last, spans = form.first, form.last, form.spans
    windows = [
        DatedWindow(day, *window)
        for day in dates(first, last)
        for window in (
            [(s.opens_minute, s.closes_minute, s.modalities) for s in spans]
            if spans
            else [(None, None, ())]
        )
    ]
    which = _days_words(first, last)
    hours = ", ".join(f"{clock(s.opens_minute)}–{clock(s.closes_minute)}" for s in spans)
    return Edit(
        title=gettext("Hours on %(days)s") % {"days": which},
        summary=[
            gettext("Open %(hours)s.") % {"hours": hours} if spans else gettext("Closed."),
            gettext("Your weekly hours do not count on this day.")
            if first == last
            else gettext("Your weekly hours do not count on these days."),
        ],
        change=Change(
            Draft(overrides=queries.days_after(_windows(known), first, last, windows)), first=first
        ),
        save=lambda: availability.set_days(
            practitioner_id=practitioner.pk, first=first, last=last, spans=spans, now=now
        ),
        done=gettext("Saved: %(days)s.") % {"days": which},
    )


def _days_removed(
    practitioner: Practitioner, day: date, known: Sequence[HoursOverride], *, now: datetime
) -> Edit:
    return Edit(
        title=gettext("The usual hours on %(day)s") % {"day": day_words(day)},
        summary=[gettext("Your weekly hours count on this day again.")],
        change=Change(
            Draft(overrides=queries.days_after(_windows(known), day, day, [])), first=day
        ),
        save=lambda: availability.clear_days(
            practitioner_id=practitioner.pk, first=day, last=day, now=now
        ),
        done=gettext("%(day)s has its usual hours again.") % {"day": day_words(day)},
    )


# --- Time off -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def time_off(
    request: HttpRequest, practitioner: Practitioner, time_off_id: int | None = None
) -> HttpResponse:
    """Time off: whole days, or hours."""
    now = timezone.now()
    tz = zone(practitioner.time_zone)
    known = queries.overview(practitioner, now=now).time_off
    row = next((t for t in known if t.pk == time_off_id), None)
    if time_off_id is not None and row is None:
        raise Http404

    def show(form: TimeOffForm, *, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        context = {"form": form, "row": row, "notice": notice}
        return desk_response(
            request, practitioner, "timeoff.html", context, section="hours", now=now, status=status
        )

    stored = TimeOffForm(initial=TimeOffForm.initial_of(row, tz) if row else {}, tz=tz, now=now)
    if request.method != "POST":
        return show(stored)
    form = TimeOffForm(request.POST, tz=tz, now=now)
    if is_going_back(request):
        return show(stored if "remove" in request.POST else form)
    if "remove" in request.POST and row is not None:
        edit = _time_off_removed(practitioner, row, known, now=now)
    elif not form.is_valid():
        return show(form, status=400)
    else:
        edit = _time_off_changed(practitioner, form, row, known, now=now)
    try:
        return review(request, practitioner, edit, now=now)
    except InvalidRequest as invalid:
        return show(form, notice=words.refused(invalid), status=400)
    except NotTheirs:
        raise Http404 from None


def _time_off_changed(
    practitioner: Practitioner,
    form: TimeOffForm,
    row: TimeOff | None,
    known: Sequence[TimeOff],
    *,
    now: datetime,
) -> Edit:
    data = form.cleaned_data
    starts_at, ends_at = data["starts_at"], data["ends_at"]
    off = [Interval(t.starts_at, t.ends_at) for t in known if t != row]
    return Edit(
        title=gettext("Time off"),
        summary=[_off_words(starts_at, ends_at, practitioner)],
        change=Change(
            Draft(time_off=[*off, Interval(starts_at, ends_at)]),
            first=local_date(starts_at, zone(practitioner.time_zone)),
        ),
        save=lambda: availability.set_time_off(
            practitioner_id=practitioner.pk,
            starts_at=starts_at,
            ends_at=ends_at,
            label=data["label"],
            time_off_id=row.pk if row else None,
            now=now,
        ),
        done=gettext("Your time off is saved."),
    )


def _time_off_removed(
    practitioner: Practitioner, row: TimeOff, known: Sequence[TimeOff], *, now: datetime
) -> Edit:
    return Edit(
        title=gettext("Take this time off back"),
        summary=[
            _off_words(row.starts_at, row.ends_at, practitioner),
            gettext("Your hours count again."),
        ],
        change=Change(
            Draft(time_off=[Interval(t.starts_at, t.ends_at) for t in known if t != row]),
            first=local_date(row.starts_at, zone(practitioner.time_zone)),
        ),
        save=lambda: availability.remove_time_off(
            practitioner_id=practitioner.pk, time_off_id=row.pk, now=now
        ),
        done=gettext("It is not time off any more."),
    )


# --- Energy ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def energy(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """How much of what in one day, and what not after what."""
    now = timezone.now()

    def show(form: EnergyForm, *, status: int = 200) -> HttpResponse:
        return desk_response(
            request,
            practitioner,
            "energy.html",
            {"form": form},
            section="hours",
            now=now,
            status=status,
        )

    if request.method != "POST":
        rules = queries.overview(practitioner, now=now).energy
        return show(EnergyForm(initial=EnergyForm.initial_of(rules)))
    form = EnergyForm(request.POST)
    if is_going_back(request):
        return show(form)
    if not form.is_valid():
        return show(form, status=400)
    at_most, not_after = form.at_most, form.not_after
    edit = Edit(
        title=gettext("What you take on in one day"),
        summary=[
            *(_at_most_words(kind, limit) for kind, limit in at_most.items()),
            *(_not_after_words(kind, after) for kind, after in sorted(not_after)),
        ]
        or [gettext("No rules: only your hours and each session's own limits count.")],
        change=Change(
            Draft(
                energy=[
                    *(AtMost(kind, limit) for kind, limit in at_most.items()),
                    *(NotAfter(kind, after) for kind, after in not_after),
                ]
            )
        ),
        save=lambda: availability.set_energy(
            practitioner_id=practitioner.pk, at_most=at_most, not_after=not_after, now=now
        ),
        done=gettext("Your rules are saved."),
    )
    return review(request, practitioner, edit, now=now)


# --- Words ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coming:
    """A date or stretch that is unlike the week, as the overview lists it."""

    when: str
    what: str
    url_name: str
    url_arg: date | int
    sort: tuple[datetime, int]


def _week_words(rows: Sequence[WeeklyHours]) -> list[dict[str, Any]]:
    by_day: Mapping[int, list[dict[str, str]]] = {n: [] for n in range(7)}
    for row in rows:
        by_day[row.weekday].append(
            {
                "hours": f"{clock(row.opens_minute)}–{clock(row.closes_minute)}",
                "more": ", ".join([*_ways(row.modalities), *_between(row)]),
            }
        )
    return [{"name": weekday_name(n), "windows": own} for n, own in by_day.items()]


def _ways(modalities: Sequence[str]) -> list[str]:
    return [str(Modality(m).label) for m in modalities]


def _between(row: WeeklyHours) -> list[str]:
    found = []
    if row.from_date:
        found.append(gettext("from %(day)s") % {"day": day_words(row.from_date)})
    if row.until_date:
        last = row.until_date - timedelta(days=1)
        found.append(gettext("until %(day)s") % {"day": day_words(last)})
    return found


def _coming(known: Overview, practitioner: Practitioner) -> list[Coming]:
    """Single days and time off together, in order."""
    tz = zone(practitioner.time_zone)
    by_date: dict[date, list[HoursOverride]] = {}
    for row in known.overrides:
        by_date.setdefault(row.date, []).append(row)
    found = [
        Coming(
            day_words(day),
            ", ".join(
                " ".join(
                    [
                        f"{clock(r.opens_minute)}–{clock(r.closes_minute)}",
                        *([f"({', '.join(_ways(r.modalities))})"] if r.modalities else []),
                    ]
                )
                for r in rows
                if r.opens_minute is not None and r.closes_minute is not None
            )
            or gettext("Closed"),
            "desk:hours-day",
            day,
            (instant(day, 0, tz), 0),
        )
        for day, rows in by_date.items()
    ]
    found += [
        Coming(
            _off_words(row.starts_at, row.ends_at, practitioner),
            row.label or gettext("Time off"),
            "desk:time-off-one",
            row.pk,
            (row.starts_at, 1),
        )
        for row in known.time_off
    ]
    return sorted(found, key=lambda c: c.sort)


def _off_words(starts_at: datetime, ends_at: datetime, practitioner: Practitioner) -> str:
    """Time off in words: whole days without times."""
    tz = zone(practitioner.time_zone)
    first, last = local_date(starts_at, tz), local_date(ends_at, tz)
    starts_whole = starts_at == instant(first, 0, tz)
    ends_whole = ends_at == instant(last, 0, tz)
    if starts_whole and ends_whole:
        return _days_words(first, last - timedelta(days=1))
    if ends_whole:
        last -= timedelta(days=1)
    start, end = f"{starts_at.astimezone(tz):%H:%M}", f"{ends_at.astimezone(tz):%H:%M}"
    if ends_whole:
        end = "24:00"
    if first == last:
        return gettext("%(day)s, %(start)s to %(end)s") % {
            "day": day_words(first),
            "start": start,
            "end": end,
        }
    return gettext("%(first)s, %(start)s, to %(last)s, %(end)s") % {
        "first": day_words(first),
        "start": start,
        "last": day_words(last),
        "end": end,
    }


def _days_words(first: date, last: date) -> str:
    if first == last:
        return day_words(first)
    return gettext("%(first)s to %(last)s") % {"first": day_words(first), "last": day_words(last)}


def _rule_words(rule: EnergyRule) -> str:
    if rule.kind == EnergyRule.Kind.AT_MOST:
        return _at_most_words(rule.relationship_type, rule.limit or 0)
    return _not_after_words(rule.relationship_type, rule.after_type)


def _at_most_words(kind: str, limit: int) -> str:
    return ngettext(
        "At most %(limit)s session a day for %(kind)s",
        "At most %(limit)s sessions a day for %(kind)s",
        limit,
    ) % {"limit": limit, "kind": KINDS[kind]}


def _not_after_words(kind: str, after: str) -> str:
    return gettext("No session for %(kind)s after one for %(after)s on the same day") % {
        "kind": KINDS[kind],
        "after": KINDS[after],
    }


def _windows(known: Sequence[HoursOverride]) -> list[DatedWindow]:
    return [
        DatedWindow(o.date, o.opens_minute, o.closes_minute, tuple(o.modalities)) for o in known
    ]
