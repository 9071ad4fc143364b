"""One person's page of choices about messages, with what exactly will appear beside them.

Whoever says there that others may see their mail chooses the passcode in the same form: between
the two nobody who opens that mail finds their answers open.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.domain.refusals import NotTheirs
from booking.models import Participant
from booking.views.device import private_page
from intake.forms.passcode import PasscodeForm
from intake.views.passcodes import choose_passcode
from notifications.forms.choices import ChoicesForm
from notifications.operations.choices import choose
from notifications.views.trial import trial_of
from practice.models import Practice
from practice.queries import database_now


@private_page(answers=True, before_choosing=True)
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Choose, look at what it would be like (`look`), and save."""
    if participant.joined_at is None:
        return redirect("you", participant_id=participant.id)
    practice = Practice.objects.get()
    known: dict[str, Any] = {
        "participant": participant,
        "practice": practice,
        "practitioner": participant.request.practitioner,
    }
    if request.method != "POST":
        return _page(request, participant, practice, ChoicesForm(**known))
    form = ChoicesForm(request.POST, **known)
    is_valid = form.is_valid()
    if "look" in request.POST and is_valid:
        return _page(request, participant, practice, form)
    passcode = _passcode_wanted(request, participant, form)
    if passcode is not None and not passcode.is_valid():
        is_valid = False
    if not is_valid:
        return _page(request, participant, practice, form, passcode, status=422)
    if passcode is not None:
        choose_passcode(request, participant, passcode)
    try:
        choose(participant_id=participant.id, choices=form.choices(), now=database_now())
    except NotTheirs:
        messages.warning(request, _("Something has changed meanwhile. This is how it stands now."))
        return redirect("you", participant_id=participant.id)
    messages.success(request, _("Saved. From now on we write to you like this."))
    if form.is_link_by_default:
        messages.info(
            request,
            _("Your calendar gets a link only, as others may see it. You can choose an entry."),
        )
    return redirect("messages:choices", participant_id=participant.id)


def _passcode_wanted(
    request: HttpRequest, participant: Participant, form: ChoicesForm
) -> PasscodeForm | None:
    """The passcode that these choices need, as it was typed."""
    says = form.cleaned_data.get("shared_mailbox", Participant.SharedMailbox.NO)
    if participant.passcode_hash or says == Participant.SharedMailbox.NO:
        return None
    return PasscodeForm(request.POST)


def _page(
    request: HttpRequest,
    participant: Participant,
    practice: Practice,
    form: ChoicesForm,
    passcode: PasscodeForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    now = database_now()
    chosen = form.choices() if form.is_bound and form.is_valid() else form.as_it_stands()
    context = {
        "participant": participant,
        "sign_out_url": reverse("leave-device"),
        "form": form,
        "passcode": passcode or (None if participant.passcode_hash else PasscodeForm()),
        "wrong": [f for f in (form, passcode) if f is not None and f.errors],
        "trial": trial_of(participant, chosen, practice=practice, now=now),
        "chosen": chosen,
        "is_unsaved": form.is_bound,
    }
    return render(request, "notifications/choices.html", context, status=status)
