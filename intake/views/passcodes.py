"""The passcode that guards one's saved answers: entered on a device, chosen, changed."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from booking.models import Participant
from booking.operations.participants import set_passcode
from booking.views.device import on_the_way, private_page, unlock_answers
from intake.domain.refusals import TooManyTries, WrongPasscode
from intake.forms.passcode import EnterPasscodeForm, PasscodeForm
from intake.operations.passcodes import enter_passcode
from intake.queries.standings import standing
from intake.views.private import show
from practice.queries import database_now


@private_page(after_the_end=True)
def enter(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Give the passcode on this device; then the page opens that was asked for."""
    if not participant.passcode_hash:
        return redirect("you", participant_id=participant.id)
    form = EnterPasscodeForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = tried(
            form,
            "passcode",
            lambda: enter_passcode(
                participant_id=participant.id,
                passcode=form.cleaned_data["passcode"],
                now=database_now(),
            ),
            wrong=_("This is not your passcode."),
        )
        if status == HTTPStatus.OK:
            after = on_the_way(request, participant)
            request.session.cycle_key()
            unlock_answers(request, participant)
            return redirect(after)
    return show(request, participant, "passcode_enter", {"form": form}, status=status)


def tried(form: Form, field: str, attempt: Callable[[], None], *, wrong: str) -> HTTPStatus:
    """Make the attempt if the form is valid; what is wrong with it stands in the form then."""
    if not form.is_valid():
        return HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        attempt()
    except WrongPasscode:
        form.add_error(field, wrong)
        return HTTPStatus.UNPROCESSABLE_ENTITY
    except TooManyTries:
        form.add_error(field, _("Too many tries. Please wait a quarter of an hour."))
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.OK


@private_page(answers=True, before_choosing=True, after_the_end=True)
def choose(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Set or change the passcode."""
    form = PasscodeForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            after = on_the_way(request, participant)
            choose_passcode(request, participant, form)
            messages.success(request, _("Your passcode is set."))
            return redirect(after)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "form": form,
        "is_change": bool(participant.passcode_hash),
        "is_open": standing(participant.id).is_open,
    }
    return show(request, participant, "passcode", context, status=status)


def choose_passcode(request: HttpRequest, participant: Participant, form: PasscodeForm) -> None:
    """Store a valid form's passcode, and let this device go on."""
    set_passcode(
        participant_id=participant.id,
        passcode=form.cleaned_data["passcode"],
        now=database_now(),
    )
    unlock_answers(request, participant)
