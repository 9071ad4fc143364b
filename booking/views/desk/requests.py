"""One request, and the practitioner's decisions about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.domain.refusals import InvalidRequest, NotTheirs, Refusal, SlotTaken
from booking.domain.states import TransitionNotAllowed
from booking.forms.desk import TimesForm, add_problems, typed_times
from booking.forms.details import TOPIC_LABELS
from booking.operations import decisions, participants, reading
from booking.operations.decisions import Outcome
from booking.queries.desk import request as request_queries
from booking.queries.desk.request import RequestPage
from booking.queries.desk.standings import Standing
from booking.views.desk import words
from booking.views.desk.page import desk_response
from booking.views.desk.pickers import first_day, slot_picker
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
    return _show(request, practitioner, request_id, now=timezone.now())


@require_POST
@desk_page
def confirm(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Book the time that is held, or queue that for the batch."""
    now = timezone.now()
    page = _page(request_id, practitioner, now=now)
    chosen = _chosen(request.POST.get("time"))
    return _decide(
        request,
        practitioner,
        page,
        lambda: decisions.confirm(
            request_id=request_id,
            practitioner_id=practitioner.pk,
            appointment_id=chosen,
            now=now,
        ),
        done=gettext("Confirmed. Everyone attending hears of it now."),
        now=now,
    )


@require_POST
@desk_page
def decline(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Say no, in the neutral wording."""
    now = timezone.now()
    return _decide(
        request,
        practitioner,
        _page(request_id, practitioner, now=now),
        lambda: decisions.decline(request_id=request_id, practitioner_id=practitioner.pk, now=now),
        done=gettext("Declined. They hear of it now."),
        now=now,
    )


@require_POST
@desk_page
def undo(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Take back a decision that has not left."""
    now = timezone.now()

    def take_back() -> Outcome:
        decisions.undo(request_id=request_id, practitioner_id=practitioner.pk, now=now)
        return Outcome()

    return _decide(
        request,
        practitioner,
        _page(request_id, practitioner, now=now),
        take_back,
        done=gettext("Undone. Nobody has heard of it."),
        now=now,
    )


@require_POST
@desk_page
def excuse(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID, participant_id: UUID
) -> HttpResponse:
    """Go on without somebody."""
    now = timezone.now()
    page = _page(request_id, practitioner, now=now)
    person = next((p for p in page.people if p.participant.pk == participant_id), None)
    if person is None:
        raise Http404

    def go_on() -> Outcome:
        participants.excuse(participant_id=participant_id, practitioner_id=practitioner.pk, now=now)
        return Outcome()

    return _decide(
        request,
        practitioner,
        page,
        go_on,
        done=gettext("It goes on without %(name)s.") % {"name": person.name},
        now=now,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def propose(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Choose one to three other times and offer them."""
    now = timezone.now()
    page = _page(request_id, practitioner, now=now)
    tz = zone(practitioner.time_zone)
    if request.method != "POST" and not page.can_propose:
        return redirect("desk:request", request_id)
    if request.method != "POST" or "week" in request.POST:
        form = TimesForm(initial=typed_times(request.POST), tz=tz)
        return _show_propose(request, practitioner, page, form, now=now)
    form = TimesForm(request.POST, tz=tz)
    if not form.is_valid():
        return _show_propose(request, practitioner, page, form, now=now, status=400)
    try:
        outcome = decisions.propose(
            request_id=request_id,
            practitioner_id=practitioner.pk,
            starts=form.cleaned_data["times"],
            now=now,
        )
    except InvalidRequest as invalid:
        add_problems(form, (), invalid.problems)
        return _show_propose(request, practitioner, page, form, now=now, status=400)
    except SlotTaken as taken:
        return _show_propose(request, practitioner, page, form, now=now, taken=taken, status=409)
    except (Refusal, TransitionNotAllowed) as refusal:
        return _show(request, practitioner, request_id, now=now, notice=words.refused(refusal))
    messages.success(
        request, _said(outcome, gettext("Proposed. They hear of it now."), practitioner)
    )
    return redirect("desk:request", request_id)


def _decide(
    request: HttpRequest,
    practitioner: Practitioner,
    page: RequestPage,
    decision: Callable[[], Outcome],
    *,
    done: str,
    now: datetime,
) -> HttpResponse:
    try:
        outcome = decision()
    except (Refusal, TransitionNotAllowed) as refusal:
        notice = words.refused(refusal, leaves=_leaves(page, practitioner))
        return _show(request, practitioner, page.request.pk, now=now, notice=notice)
    messages.success(request, _said(outcome, done, practitioner))
    return redirect("desk:request", page.request.pk)


def _leaves(page: RequestPage, practitioner: Practitioner) -> str:
    """When a decision made now would leave; empty: at once."""
    return words.moment(page.leaves_at, zone(practitioner.time_zone)) if page.leaves_at else ""


def _said(outcome: Outcome, done: str, practitioner: Practitioner) -> str:
    if outcome.due_at is None:
        return done
    return gettext("It leaves %(when)s with the batch and can be undone until then.") % {
        "when": words.moment(outcome.due_at, zone(practitioner.time_zone))
    }


def _page(request_id: UUID, practitioner: Practitioner, *, now: datetime) -> RequestPage:
    try:
        return request_queries.request_page(request_id, practitioner.pk, now=now)
    except NotTheirs:
        raise Http404 from None


def _show(
    request: HttpRequest,
    practitioner: Practitioner,
    request_id: UUID,
    *,
    now: datetime,
    notice: Notice | None = None,
) -> HttpResponse:
    page = _page(request_id, practitioner, now=now)
    tz = zone(practitioner.time_zone)
    try:
        read = reading.read_words(request_id=request_id, practitioner_id=practitioner.pk, now=now)
        unreadable = False
    except (Tampered, UnknownKey):
        read, unreadable = None, True
    context: dict[str, Any] = {
        "page": page,
        "notice": notice,
        "names": words.names(words.attending(page.people)),
        "type": words.TYPES[page.request.relationship_type],
        "place": words.place(page.request.country, page.request.region, page.practice),
        "people": [
            {
                "person": person,
                "words": words.STANDINGS[person.standing],
                "can_go_on_without": page.can_decline
                and not page.is_for_one
                and not person.participant.is_requester
                and person.standing
                not in (Standing.MENTIONED, Standing.EXCUSED, Standing.FINISHED),
            }
            for person in page.people
        ],
        "reasons": [words.reason(u, leaves=_leaves(page, practitioner)) for u in page.unmet],
        "failure": words.failure(page.failed) if page.failed else [],
        "queued_words": words.DECISIONS[page.queued.kind] if page.queued else "",
        "topics": [TOPIC_LABELS.get(t, t) for t in read.topics] if read else [],
        "their_words": read.words if read else "",
        "unreadable": unreadable,
        "history": words.history(
            request_queries.history(page.request), names=words.names_of(page.people), tz=tz
        ),
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


def _show_propose(
    request: HttpRequest,
    practitioner: Practitioner,
    page: RequestPage,
    form: TimesForm,
    *,
    now: datetime,
    taken: SlotTaken | None = None,
    status: int = 200,
) -> HttpResponse:
    claims = [t.appointment.claim for t in page.times]
    shown = slot_picker(
        practitioner,
        page.request.service,
        first=first_day(request, practitioner, now=now),
        now=now,
        kind="checkbox",
        selected=[t for t in form.chosen if taken is None or t != taken.wanted],
        client_zone=page.request.time_zone,
        ignore_claim=claims[0] if claims else None,
    )
    notice = words.refused(taken) if taken else None
    context = {
        "page": page,
        "names": words.names(words.attending(page.people)),
        "form": form,
        "shown": shown,
        "notice": notice,
    }
    return desk_response(
        request, practitioner, "propose.html", context, section="waiting", now=now, status=status
    )


def _chosen(value: str | None) -> UUID | None:
    """The held time that was pressed. One that has lapsed meanwhile is refused, not replaced."""
    try:
        return UUID(value) if value else None
    except ValueError:
        raise Http404 from None
