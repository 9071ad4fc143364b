"""Finding a time together: one person marks which times suit them, and sees nobody else's marks."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.domain.together import CANT, WORDS
from booking.models import Participant, Vote
from booking.operations.together import vote
from booking.operations.zones import choose_zone
from booking.queries.people import PersonPage, person_page
from booking.queries.together import Ballot, ballot
from booking.templatetags.times import clock_in, day_words, offset_words, zone_words
from booking.views import drafts
from booking.views.choices import value_of
from booking.views.device import private_page
from booking.views.drafts import Draft
from booking.views.person import back, changed_meanwhile, page_methods, show
from booking.views.picker import parsed_date

_PREFIX = "at-"


@dataclass(frozen=True, slots=True)
class _Row:
    """One time to mark. `detail` tells apart two that have the same clock time."""

    name: str
    label: str
    detail: str
    word: str


@dataclass(frozen=True, slots=True)
class _Day:
    key: str
    label: str
    rows: Sequence[_Row]


@dataclass(frozen=True, slots=True)
class _Week:
    """Seven days in the reader's zone that have something to mark; `key` is its Monday."""

    key: str
    days: Sequence[_Day]


@private_page()
@page_methods
def when(request: HttpRequest, participant: Participant) -> HttpResponse:
    """A week at a time; what was marked in the others is carried along until it is sent."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    found = ballot(participant.id, now=now)
    if found is None:
        return changed_meanwhile(request, participant)
    draft = drafts.kept(request, _draft(participant), is_own=True)
    if request.method != "POST":
        return _show(request, page, found, draft)
    marks = _marks(found, request.POST)
    pressed = request.POST
    _follow_zone(participant, pressed.get("zone", ""), guessed="guessed" in pressed, now=now)
    day, _colon, word = pressed.get("day", "").partition(":")
    if word in WORDS:
        marks |= dict.fromkeys(_starts_of(found, day), word)
        return _keep(request, participant, marks, pressed.get("shown", ""))
    if "week" in pressed or "send" not in pressed:
        week = pressed.get("week", pressed.get("shown", ""))
        return _keep(request, participant, marks, week)
    if not any(word != CANT for word in marks.values()) and "none" not in pressed:
        return _keep(request, participant, marks, pressed.get("shown", ""), nothing=True)
    try:
        vote(participant_id=participant.id, marks=marks, now=now)
    except (NotTheirs, InvalidRequest):
        return changed_meanwhile(request, participant)
    drafts.drop(request, _draft(participant))
    return back(request, participant, _("Thank you, we have your times."))


def _follow_zone(participant: Participant, time_zone: str, *, guessed: bool, now: datetime) -> None:
    """Another zone than the one shown was chosen on this page: it is theirs from now on."""
    if time_zone == participant.time_zone:
        return
    # Whoever is no part of it any more, and a name that is no zone, change nothing here.
    with suppress(InvalidRequest, NotTheirs):
        choose_zone(participant_id=participant.id, time_zone=time_zone, guessed=guessed, now=now)


def _draft(participant: Participant) -> str:
    return f"when:{participant.id}"


def _keep(
    request: HttpRequest,
    participant: Participant,
    marks: Mapping[datetime, str],
    week: str,
    *,
    nothing: bool = False,
) -> HttpResponse:
    """Keep every mark so far, of all weeks, and lead on to one: going back loses none of them."""
    return drafts.show_again(
        request,
        _draft(participant),
        reverse("when", args=[participant.id]),
        query={"week": week} if parsed_date(week) else {},
        marks={value_of(start): word for start, word in marks.items()},
        nothing=nothing,
    )


def _said_before(found: Ballot) -> dict[datetime, str]:
    return {t.starts_at: t.word for _day, times in found.days for t in times if t.word}


def _marks(found: Ballot, typed: Mapping[str, str], prefix: str = _PREFIX) -> dict[datetime, str]:
    """What the page says of each time that can be marked now."""
    said = {
        t.starts_at: typed.get(prefix + value_of(t.starts_at))
        for _day, times in found.days
        for t in times
    }
    return {start: word for start, word in said.items() if word in WORDS}


def _starts_of(found: Ballot, day: str) -> Sequence[datetime]:
    return [t.starts_at for on, times in found.days if on.isoformat() == day for t in times]


def _show(
    request: HttpRequest,
    page: PersonPage,
    found: Ballot,
    draft: Draft | None,
) -> HttpResponse:
    said = _said_before(found)
    marks = _marks(found, draft.note["marks"], prefix="") if draft else said
    weeks = _weeks(found, marks)
    day = parsed_date(request.GET.get("week", ""))
    monday = _monday(day).isoformat() if day else ""
    at = next((n for n, week in enumerate(weeks) if week.key == monday), 0)
    shown = weeks[at] if weeks else None
    carried = [
        (row.name, row.word)
        for week in weeks
        if week is not shown
        for day_ in week.days
        for row in day_.rows
        if row.word
    ]
    first = found.days[0][1][0].starts_at if found.days else timezone.now()
    return show(
        request,
        "when",
        page,
        ballot=found,
        week=shown,
        number=at + 1,
        count=len(weeks),
        earlier=weeks[at - 1] if at > 0 else None,
        later=weeks[at + 1] if at + 1 < len(weeks) else None,
        carried=carried,
        words=Vote.Word.choices,
        nothing=draft is not None
        and draft.note["nothing"]
        and request.GET.get(drafts.KEY) is not None,
        is_unsent=draft is not None and marks != said,
        zone_label=zone_words(found.zone.key, first),
    )


def _weeks(found: Ballot, marks: Mapping[datetime, str]) -> list[_Week]:
    return [
        _Week(
            key=monday.isoformat(),
            days=[
                _Day(
                    key=day.isoformat(),
                    label=day_words(day),
                    rows=_rows([t.starts_at for t in times], marks, found.zone),
                )
                for day, times in days
            ],
        )
        for monday, days in groupby(found.days, key=lambda entry: _monday(entry[0]))
    ]


def _rows(
    starts: Sequence[datetime], marks: Mapping[datetime, str], zone: ZoneInfo
) -> Sequence[_Row]:
    clocks = [clock_in(start, zone.key) for start in starts]
    return [
        _Row(
            name=_PREFIX + value_of(start),
            label=clock,
            detail=offset_words(zone.key, start) if clocks.count(clock) > 1 else "",
            word=marks.get(start, ""),
        )
        for start, clock in zip(starts, clocks, strict=True)
    ]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
