"""What one person does on their private pages: taking part, answering, changing, leaving."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
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
from booking.views import drafts
from booking.views.again import form_again, see_errors
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
        return drafts.show_again(
            request,
            _join_draft(participant),
            reverse("you", args=[participant.id]),
            typed=request.POST,
        )
    try:
        participants.join(participant_id=participant.id, answers=given, now=now)
    except NotTheirs:
        return changed_meanwhile(request, participant)
    drafts.drop(request, _join_draft(participant))
    return back(request, participant, _("Thank you. Next come a few questions, just for you."))


def said_before_joining(
    request: HttpRequest, participant: Participant, wanted: Sequence[TimeToAnswer]
) -> Mapping[UUID, bool]:
    """What was said of some of the times by somebody who has not said all that is needed yet."""
    draft = drafts.kept(request, _join_draft(participant))
    return _answers(wanted, draft.typed) if draft is not None else {}


def _join_draft(participant: Participant) -> str:
    return f"join:{participant.id}"


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
        return _times_again(request, page)
    given = _answers(page.to_answer, request.POST)
    if len(given) < len(page.to_answer):
        return _keep_answer(request, participant)
    suggested: list[datetime] = []
    if page.can_suggest and not any(given.values()) and "without" not in request.POST:
        suggested = chosen_times(request.POST)
        if "week" in request.POST or "suggesting" not in request.POST:
            return _keep_answer(request, participant)
        if not suggested:
            sentence = _("Please choose a time, or send your answer without one.")
            return _keep_answer(request, participant, sentence)
    try:
        answers.answer_times(
            participant_id=participant.id, answers=given, now=now, suggestions=suggested
        )
    except InvalidRequest as refusal:
        sentences = [_(p.message) % p.params for p in refusal.problems]
        return _keep_answer(request, participant, *sentences)
    except SlotTaken:
        if not suggested:
            return changed_meanwhile(request, participant)
        sentence = _("One of these times was taken a moment ago. Please choose again.")
        return _keep_answer(request, participant, sentence)
    except (HoldExpired, NotTheirs):
        return changed_meanwhile(request, participant)
    drafts.drop(request, _answer_draft(participant))
    return back(request, participant, _("Thank you, we have your answer."))


def _answer_draft(participant: Participant) -> str:
    return f"times:{participant.id}"


def _keep_answer(request: HttpRequest, participant: Participant, *errors: str) -> HttpResponse:
    return drafts.show_again(
        request,
        _answer_draft(participant),
        reverse("answer-times", args=[participant.id]),
        typed=request.POST,
        errors=errors,
    )


def _times_again(request: HttpRequest, page: PersonPage) -> HttpResponse:
    """The times, with what was said of them so far; where all were refused, other times."""
    draft = drafts.kept(request, _answer_draft(page.participant))
    if draft is None:
        return show(request, "answer", page)
    given = _answers(page.to_answer, draft.typed)
    if len(given) < len(page.to_answer) or any(given.values()) or not page.can_suggest:
        said = [
            replace(time, accepts=given.get(time.appointment.id, time.accepts))
            for time in page.to_answer
        ]
        missing = len(given) < len(page.to_answer)
        return show(request, "answer", replace(page, to_answer=said), missing=missing)
    return suggesting(request, page, draft.typed, errors=draft.note["errors"])


def _answers(times: Sequence[TimeToAnswer], typed: Mapping[str, str]) -> dict[UUID, bool]:
    said = {time.appointment.id: typed.get(f"time-{time.appointment.id}") for time in times}
    return {pk: word == "yes" for pk, word in said.items() if word in ("yes", "no")}


@private_page(answers=True, before_choosing=True)
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


@private_page(answers=True, before_choosing=True)
@page_methods
def correct_address(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Use another address from now on: a code goes there first."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    if request.method != "POST":
        form = form_again(request, f"own-address:{participant.id}", AddressForm)
        return show(request, "address", page, form=form)
    form = AddressForm(request.POST)
    if form.is_valid():
        address = form.cleaned_data["email"]
        try:
            links.send_to_new_address(participant_id=participant.id, address=address, now=now)
        except TooMany:
            return too_many(request)
        else:
            messages.success(request, _("A code is on its way to %(to)s.") % {"to": address})
            return see_other("prove-address", participant_id=participant.id)
    address = reverse("correct-address", args=[participant.id])
    return see_errors(request, f"own-address:{participant.id}", address, form)


@private_page(answers=True, before_choosing=True)
@page_methods
def prove_address(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The code that went to the new address."""
    page = person_page(participant.id, now=timezone.now())
    link = live_link(participant.id)
    if request.method != "POST":
        form = form_again(request, f"own-code:{participant.id}", CodeForm)
        return show(request, "prove_address", page, form=form)
    form = CodeForm(request.POST)
    if link is not None and form.is_valid():
        try:
            answer = come_in(
                request, token=links.token(link.id), code=form.cleaned_data["code"], form=form
            )
        except LinkUnusable:
            return changed_meanwhile(request, participant)
        if answer is not None:
            return answer
    address = reverse("prove-address", args=[participant.id])
    return see_errors(request, f"own-code:{participant.id}", address, form)


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
    if request.method != "POST":
        form = form_again(request, f"invitation:{other.id}", InvitationAddressForm)
        return show(request, "invitation", page, form=form, other=other)
    form = InvitationAddressForm(request.POST)
    if form.is_valid():
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
    address = reverse("correct-invitation", args=[participant.id, other.id])
    return see_errors(request, f"invitation:{other.id}", address, form)
