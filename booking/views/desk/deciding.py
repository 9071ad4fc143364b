"""The practitioner's decisions about a request."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from booking.forms.desk import TimesForm, typed_instant
from booking.models import Participant
from booking.operations import answers, decisions, participants, together
from booking.operations.decisions import Outcome
from booking.queries.desk.request import RequestPage
from booking.views.desk import words
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.pickers import first_day, slot_picker
from booking.views.desk.pressing import Choosing, choose_times, press
from booking.views.desk.requests import leaves, page_of, show_request
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.views.desk import desk_page


@require_POST
@desk_page
def confirm(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Book the time that was chosen, or queue that for the batch."""
    now = timezone.now()
    held = _chosen(request.POST.get("time"))
    starts_at = typed_instant(request.POST.get("start", ""))
    return _decide(
        request,
        practitioner,
        page_of(request_id, practitioner, now=now),
        lambda: decisions.confirm(
            request_id=request_id,
            practitioner_id=practitioner.pk,
            appointment_id=held,
            starts_at=starts_at,
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
        page_of(request_id, practitioner, now=now),
        lambda: decisions.decline(request_id=request_id, practitioner_id=practitioner.pk, now=now),
        done=gettext("Declined. They hear of it now."),
        now=now,
    )


@require_POST
@desk_page
def ask_again(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Nothing suits everybody: ask all of them about later days."""
    now = timezone.now()
    return _decide(
        request,
        practitioner,
        page_of(request_id, practitioner, now=now),
        lambda: together.ask_again(request_id=request_id, practitioner_id=practitioner.pk, now=now),
        done=gettext("Everyone is asked again now."),
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
        page_of(request_id, practitioner, now=now),
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
    page = page_of(request_id, practitioner, now=now)
    name = names_for(request).of(_person(page, participant_id))

    def go_on() -> Outcome:
        participants.excuse(participant_id=participant_id, practitioner_id=practitioner.pk, now=now)
        return Outcome()

    return _decide(
        request,
        practitioner,
        page,
        go_on,
        done=gettext("It goes on without %(name)s.") % {"name": name},
        now=now,
    )


@require_POST
@desk_page
def end_suggestion(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID, appointment_id: UUID
) -> HttpResponse:
    """Give back a time that one of the people suggested."""
    now = timezone.now()

    def give_back() -> Outcome:
        decisions.end_suggestion(
            request_id=request_id,
            practitioner_id=practitioner.pk,
            appointment_id=appointment_id,
            now=now,
        )
        return Outcome()

    return _decide(
        request,
        practitioner,
        page_of(request_id, practitioner, now=now),
        give_back,
        done=gettext("The time is free again. Nobody is told."),
        now=now,
    )


@require_POST
@desk_page
def answer_for(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID, participant_id: UUID
) -> HttpResponse:
    """Note what somebody said on the phone about the times that were proposed."""
    now = timezone.now()
    page = page_of(request_id, practitioner, now=now)
    name = names_for(request).of(_person(page, participant_id))
    accepted = [_chosen(value) for value in request.POST.getlist("accepted")]

    def note() -> Outcome:
        answers.answer_for(
            request_id=request_id,
            participant_id=participant_id,
            practitioner_id=practitioner.pk,
            accepted=[held for held in accepted if held is not None],
            they_told_me=request.POST.get("they_told_me") == "on",
            now=now,
        )
        return Outcome()

    return _decide(
        request,
        practitioner,
        page,
        note,
        done=gettext("Noted as the answer of %(name)s.") % {"name": name},
        now=now,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def propose(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Choose one to three other times and offer them."""
    now = timezone.now()
    page = page_of(request_id, practitioner, now=now)
    if request.method != "POST" and not page.can_propose:
        return redirect("desk:request", request_id)

    def offer(starts: list[datetime]) -> str:
        outcome = decisions.propose(
            request_id=request_id, practitioner_id=practitioner.pk, starts=starts, now=now
        )
        return _said(outcome, gettext("Proposed. They hear of it now."), practitioner)

    return choose_times(
        request,
        TimesForm,
        zone(practitioner.time_zone),
        take=offer,
        ask=lambda choosing: _show_propose(request, practitioner, page, choosing, now=now),
        refused=lambda notice: show_request(
            request, practitioner, request_id, now=now, notice=notice
        ),
        back=resolve_url("desk:request", request_id),
    )


def _decide(
    request: HttpRequest,
    practitioner: Practitioner,
    page: RequestPage,
    decision: Callable[[], Outcome],
    *,
    done: str,
    now: datetime,
) -> HttpResponse:
    request_id = page.request.pk
    return press(
        request,
        lambda: _said(decision(), done, practitioner),
        back=resolve_url("desk:request", request_id),
        show=lambda notice: show_request(request, practitioner, request_id, now=now, notice=notice),
        leaves=leaves(page, practitioner),
    )


def _said(outcome: Outcome, done: str, practitioner: Practitioner) -> str:
    if outcome.due_at is None:
        return done
    return gettext("It leaves %(when)s with the batch and can be undone until then.") % {
        "when": words.moment(outcome.due_at, zone(practitioner.time_zone))
    }


def _show_propose(
    request: HttpRequest,
    practitioner: Practitioner,
    page: RequestPage,
    choosing: Choosing,
    *,
    now: datetime,
) -> HttpResponse:
    held = [*(t.appointment for t in page.times), *(s.appointment for s in page.suggested)]
    shown = slot_picker(
        practitioner,
        page.request.service,
        first=first_day(request, practitioner, now=now),
        now=now,
        kind="checkbox",
        selected=choosing.selected,
        client_zones=[page.request.time_zone],
        ignore_claim=held[0].claim if held else None,
    )
    context = {
        "page": page,
        "names": names_for(request).all_of(words.attending(page.people)),
        "form": choosing.form,
        "shown": shown,
        "notice": choosing.notice,
    }
    return desk_response(
        request,
        practitioner,
        "propose.html",
        context,
        section="waiting",
        now=now,
        status=choosing.status,
    )


def _person(page: RequestPage, participant_id: UUID) -> Participant:
    """Whom of the request the address names."""
    found = (p.participant for p in page.people if p.participant.pk == participant_id)
    person = next(found, None)
    if person is None:
        raise Http404
    return person


def _chosen(value: str | None) -> UUID | None:
    """The held time that was pressed. One that has lapsed meanwhile is refused, not replaced."""
    try:
        return UUID(value) if value else None
    except ValueError:
        raise Http404 from None
