"""After asking: the code, in the same browser, and a mistyped address put right."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from booking.domain.refusals import AddressInUse, LinkUnusable, TooMany, WrongCode
from booking.forms.details import asks_for_others
from booking.forms.fields import AddressForm, CodeForm
from booking.models import Participant
from booking.operations import links
from booking.queries import people, requesting
from booking.queries.requesting import Sent
from booking.views import device
from booking.views.again import form_again, see_errors
from booking.views.answer import see_other, too_many
from booking.views.asked import sent_by
from booking.views.steps import frame, request_page
from practice.models import Practice

_CODE, _ADDRESS = "code:{}", "address:{}"


def come_in(request: HttpRequest, *, token: str, code: str, form: CodeForm) -> HttpResponse | None:
    """Enter with a code: on to one's own page, or None with the form saying what is wrong.

    Raises `LinkUnusable`.
    """
    try:
        entry = links.enter(token=token, code_typed=code, now=timezone.now())
    except WrongCode as wrong:
        form.add_error("code", wrong_code_words(wrong.tries_left))
        return None
    except AddressInUse:
        form.add_error(
            None,
            _("This address belongs to somebody else here. Please use one that only you read."),
        )
        return None
    device.remember(request, entry.participant, entry.link)
    return see_other("you", participant_id=entry.participant.id)


def wrong_code_words(tries_left: int) -> str:
    """What to say after a wrong code."""
    if tries_left == 0:
        return _("That was not the code, and this link is closed now. Ask for a new one.")
    return ngettext(
        "That is not the code of this message. You can try once more.",
        "That is not the code of this message. You can try %(count)s more times.",
        tries_left,
    ) % {"count": tries_left}


@request_page
def sent(request: HttpRequest, practice: Practice) -> HttpResponse:
    """What happens next, and the field for the code."""
    found = _found(request)
    if found is None:
        return redirect("request")
    if found.participant.verified_at is not None:
        return _verified(request, practice, found.participant)
    if request.method != "POST":
        return _page(
            request,
            practice,
            found,
            code_form=form_again(request, _CODE.format(found.participant.id), CodeForm),
            address_form=form_again(
                request,
                _ADDRESS.format(found.participant.id),
                AddressForm,
                initial={"email": found.participant.email},
            ),
        )
    form = CodeForm(request.POST)
    answer = _entered(request, found.participant, form) if form.is_valid() else None
    draft = _CODE.format(found.participant.id)
    return answer or see_errors(request, draft, reverse("request-sent"), form)


def _verified(request: HttpRequest, practice: Practice, participant: Participant) -> HttpResponse:
    """The code has been entered: in this browser, or on another device."""
    if request.method == "POST":
        return see_other("request-sent")
    if device.knows(request, participant.id):
        return redirect("you", participant_id=participant.id)
    return render(request, "booking/client/elsewhere.html", frame(practice, 0))


def _entered(request: HttpRequest, participant: Participant, form: CodeForm) -> HttpResponse | None:
    link = people.live_link(participant.id)
    try:
        if link is None:
            raise LinkUnusable
        return come_in(
            request, token=links.token(link.id), code=form.cleaned_data["code"], form=form
        )
    except LinkUnusable:
        form.add_error("code", _("This code is closed. Have a new one sent below."))
        return None


@require_POST
@request_page
def send_elsewhere(request: HttpRequest, practice: Practice) -> HttpResponse:
    """A new code, to the same address or to the right one; the old link dies."""
    found = _found(request)
    if found is None or found.participant.verified_at is not None:
        return redirect("request-sent")
    form = AddressForm(request.POST)
    if form.is_valid():
        address = form.cleaned_data["email"]
        try:
            links.send_to_new_address(
                participant_id=found.participant.id, address=address, now=timezone.now()
            )
        except TooMany:
            return too_many(request)
        else:
            messages.success(request, _("A new code is on its way to %(to)s.") % {"to": address})
            return see_other("request-sent")
    draft = _ADDRESS.format(found.participant.id)
    return see_errors(request, draft, reverse("request-sent"), form)


def _found(request: HttpRequest) -> Sent | None:
    participant_id = sent_by(request)
    return requesting.sent(participant_id, now=timezone.now()) if participant_id else None


def _page(
    request: HttpRequest,
    practice: Practice,
    found: Sent,
    *,
    code_form: CodeForm,
    address_form: AddressForm,
) -> HttpResponse:
    return render(
        request,
        "booking/client/sent.html",
        frame(
            practice,
            0,
            sent=found,
            zone=found.participant.time_zone,
            for_others=asks_for_others(found.participant.request.relationship_type),
            code_form=code_form,
            address_form=address_form,
        ),
    )
