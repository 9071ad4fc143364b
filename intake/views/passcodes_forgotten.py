"""A forgotten passcode: asked for on one's page, allowed by the practitioner, never by mail."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from booking.models import Participant
from booking.views.device import private_page, unlock_answers
from intake.domain.refusals import NoPasscode, NotTheirPractitioner
from intake.forms.passcode import NewPasscodeForm
from intake.operations.passcodes import ask_for_new, choose_with_word, give_word
from intake.queries.people import person_to_let_in
from intake.views.desk_frame import names_for
from intake.views.desk_frame import show as show_desk
from intake.views.passcodes import tried
from intake.views.private import show
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page


@private_page(after_the_end=True)
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest, participant: Participant) -> HttpResponse:
    """How to get a new one, and the form for whoever was told a word."""
    if not participant.passcode_hash:
        return redirect("you", participant_id=participant.id)
    form = NewPasscodeForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = tried(
            form,
            "word",
            lambda: choose_with_word(
                participant_id=participant.id,
                word=form.cleaned_data["word"],
                passcode=form.cleaned_data["passcode"],
                now=database_now(),
            ),
            wrong=_("This is not the number, or its half hour is over."),
        )
        if status == HTTPStatus.OK:
            request.session.cycle_key()
            unlock_answers(request, participant)
            messages.success(request, _("Your new passcode is set."))
            return redirect("you", participant_id=participant.id)
    return show(request, participant, "passcode_forgotten", {"form": form}, status=status)


@private_page(after_the_end=True)
@require_POST
def ask(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Tell the practitioner that one is forgotten."""
    try:
        ask_for_new(participant_id=participant.id, now=database_now())
    except NoPasscode:
        return redirect("you", participant_id=participant.id)
    messages.success(request, _("Your practitioner sees that you ask. Nothing is sent by e-mail."))
    return redirect("passcode-forgotten", participant_id=participant.id)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def let_in(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID, participant_id: UUID
) -> HttpResponse:
    """The practitioner, sure of who it is, gets a number to read out to them. Shown once."""
    person = person_to_let_in(request_id, participant_id, practitioner.pk)
    if person is None:
        raise Http404
    now = database_now()
    word = ""
    status = HTTPStatus.OK
    if request.method == "POST":
        if request.POST.get("sure") == "yes":
            try:
                word = give_word(participant_id=person.id, practitioner_id=practitioner.pk, now=now)
            except (NotTheirPractitioner, NoPasscode):
                raise Http404 from None
        else:
            messages.error(request, _("Please make sure who it is first, and tick the box."))
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "name": names_for(request).of(person),
        "person": person,
        "request_id": request_id,
        "word": f"{word[:4]} {word[4:]}" if word else "",
    }
    return show_desk(
        request, practitioner, "desk_passcode", context, section="waiting", now=now, status=status
    )
