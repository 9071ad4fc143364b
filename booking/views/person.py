"""What one person does on their private pages: taking part, answering, changing, leaving."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.domain.refusals import (
    HoldExpired,
    InvalidRequest,
    LinkUnusable,
    NotTheirs,
    SlotTaken,
    TooMany,
)
from booking.domain.states import TransitionNotAllowed
from booking.forms.fields import AddressForm, CodeForm, InvitationAddressForm
from booking.models import Participant
from booking.operations import answers, links, participants, requests
from booking.queries.access import has_left
from booking.queries.people import PersonPage, TimeToAnswer, live_link, person_page
from booking.queries.requesting import invited_person
from booking.views.answer import see_other, too_many
from booking.views.device import private_page
from booking.views.own_times import chosen_times, suggest_context
from booking.views.sent import come_in
from practice.queries import the_practice

page_methods = require_http_methods(["GET", "HEAD", "POST"])


def show(request: HttpRequest, name: str, page: PersonPage, **context: Any) -> HttpResponse:
    """A private page of this person."""
    return render(
        request,
        f"booking/client/{name}.html",
        {
            "page": page,
            "participant": page.participant,
            "sign_out_url": reverse("leave-device"),
            "practice_contact": the_practice(),
            **context,
        },
    )


def suggesting(
    request: HttpRequest, page: PersonPage, typed: QueryDict, *, errors: Sequence[str] = ()
) -> HttpResponse:
    """None of the times offered suits: would others? The answers given are carried along."""
    context = suggest_context(page, typed, now=timezone.now())
    return show(request, "suggest", page, errors=errors, **context)


def back(request: HttpRequest, participant: Participant, sentence: str) -> HttpResponse:
    """To one's own page, which says what has happened."""
    messages.success(request, sentence)
    return see_other("you", participant_id=participant.id)


def changed_meanwhile(request: HttpRequest, participant: Participant) -> HttpResponse:
    """To one's own page: what was pressed is not there any more."""
    messages.warning(request, _("Something has changed meanwhile. This is how it stands now."))
    return see_other("you", participant_id=participant.id)


@private_page()
@page_methods
def join(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Take part, and say which of the times work. One's own page has the form for it."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    if request.method != "POST":
        return see_other("you", participant_id=participant.id)
    given = _answers(page.wanted, request.POST)
    is_said = len(given) == len(page.wanted)
    if not is_said and participant.attends == Participant.Attends.YES:
        messages.warning(request, _("Please say of each time whether it would work for you."))
        return see_other("you", participant_id=participant.id)
    try:
        participants.join(participant_id=participant.id, answers=given, now=now)
    except NotTheirs:
        return changed_meanwhile(request, participant)
    return back(request, participant, _("Thank you. Next come a few questions, just for you."))


@private_page()
@page_methods
def decline_invitation(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Say no quietly, and if wished never hear from us again."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    if not page.needs_to_join or participant.is_requester:
        return changed_meanwhile(request, participant)
    if request.method != "POST":
        return show(request, "decline", page)
    try:
        participants.decline_invitation(
            participant_id=participant.id, never_again="never_again" in request.POST, now=now
        )
    except NotTheirs:
        return changed_meanwhile(request, participant)
    return see_other("link-done")


@private_page()
@page_methods
def answer_times(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Yes or no to each of the times offered; if none suits, up to three of one's own instead."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    if not page.to_answer:
        return changed_meanwhile(request, participant)
    if request.method != "POST":
        return show(request, "answer", page)
    given = _answers(page.to_answer, request.POST)
    if len(given) < len(page.to_answer):
        return show(request, "answer", page, missing=True)
    if page.can_suggest and not any(given.values()) and "without" not in request.POST:
        if "week" in request.POST or "suggesting" not in request.POST:
            return suggesting(request, page, request.POST)
        suggested = chosen_times(request.POST)
        if not suggested:
            sentence = _("Please choose a time, or send your answer without one.")
            return suggesting(request, page, request.POST, errors=[sentence])
    else:
        suggested = []
    try:
        answers.answer_times(
            participant_id=participant.id, answers=given, now=now, suggestions=suggested
        )
    except InvalidRequest as refusal:
        sentences = [_(p.message) % p.params for p in refusal.problems]
        return suggesting(request, page, request.POST, errors=sentences)
    except SlotTaken:
        if not suggested:
            return changed_meanwhile(request, participant)
        sentence = _("One of these times was taken a moment ago. Please choose again.")
        return suggesting(request, page, request.POST, errors=[sentence])
    except (HoldExpired, NotTheirs):
        return changed_meanwhile(request, participant)
    return back(request, participant, _("Thank you, we have your answer."))


def _answers(times: Sequence[TimeToAnswer], typed: Mapping[str, str]) -> dict[UUID, bool]:
    said = {time.appointment.id: typed.get(f"time-{time.appointment.id}") for time in times}
    return {pk: word == "yes" for pk, word in said.items() if word in ("yes", "no")}


@private_page()
@page_methods
def withdraw(request: HttpRequest, participant: Participant) -> HttpResponse:
    """End one's part before anything is booked, without a reason."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    if not page.can_withdraw:
        return changed_meanwhile(request, participant)
    if request.method != "POST":
        return show(request, "withdraw", page)
    try:
        requests.withdraw(participant_id=participant.id, now=now)
    except (NotTheirs, TransitionNotAllowed):
        return changed_meanwhile(request, participant)
    if has_left(participant.id):
        return see_other("link-done")
    return back(request, participant, _("You have withdrawn. Nothing more happens."))


@private_page()
@page_methods
def correct_address(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Use another address from now on: a code goes there first."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        try:
            links.send_to_new_address(participant_id=participant.id, address=address, now=now)
        except TooMany:
            return too_many(request)
        else:
            messages.success(request, _("A code is on its way to %(to)s.") % {"to": address})
            return see_other("prove-address", participant_id=participant.id)
    return show(request, "address", page, form=form)


@private_page()
@page_methods
def prove_address(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The code that went to the new address."""
    page = person_page(participant.id, now=timezone.now())
    link = live_link(participant.id)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if link is not None and request.method == "POST" and form.is_valid():
        try:
            answer = come_in(
                request, token=links.token(link.id), code=form.cleaned_data["code"], form=form
            )
        except LinkUnusable:
            return changed_meanwhile(request, participant)
        if answer is not None:
            return answer
    return show(request, "prove_address", page, form=form)


@private_page()
@page_methods
def correct_invitation(
    request: HttpRequest, participant: Participant, other_id: UUID
) -> HttpResponse:
    """The requester corrects where somebody is invited. It never says whether they came in."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    other = invited_person(participant, other_id)
    if other is None:
        raise Http404
    form = InvitationAddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            links.correct_invitation(
                requester_id=participant.id,
                participant_id=other.id,
                address=form.cleaned_data["email"],
                now=now,
            )
        except TooMany:
            return too_many(request)
        else:
            return back(request, participant, _("Thank you. We use that address from now on."))
    return show(request, "invitation", page, form=form, other=other)
