"""Other ways to somebody whom a message did not reach: the buttons that open them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from booking.domain.refusals import NotTheirs, TooMany
from booking.models import Participant
from booking.operations.routes import offer_handover, write_elsewhere
from booking.views.desk.page import desk_context
from notifications.domain.routes import Route
from notifications.forms.routes import OtherAddressForm
from notifications.queries.routes import Ways, ways_to
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def elsewhere(
    request: HttpRequest, practitioner: Practitioner, participant_id: UUID
) -> HttpResponse:
    """Send a code to another address: one that they say now, or (`given`) the one they gave."""
    ways = _ways(practitioner, participant_id)
    if not {Route.NEW_ADDRESS, Route.OTHER_ADDRESS} & set(ways.routes):
        messages.info(request, _("There is no other address to write to for them."))
        return redirect(where_from(request))
    if "given" in request.POST and ways.other_address:
        return _sent(request, practitioner, participant_id, ways.other_address)
    form = OtherAddressForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        return _sent(request, practitioner, participant_id, form.cleaned_data["address"])
    context = {
        **desk_context(practitioner, section="messages", now=database_now()),
        "form": form,
        "person": ways.participant,
        "back": where_from(request),
    }
    status = 422 if form.is_bound else 200
    return render(request, "notifications/elsewhere.html", context, status=status)


@require_POST
@desk_page
def hand_over(
    request: HttpRequest, practitioner: Practitioner, participant_id: UUID
) -> HttpResponse:
    """Whoever asked them along gets a link to hand over, on their own page."""
    try:
        is_new = offer_handover(
            participant_id=participant_id, practitioner_id=practitioner.pk, now=database_now()
        )
    except Participant.DoesNotExist:
        raise Http404 from None
    except NotTheirs:
        messages.info(request, _("Something has changed meanwhile. This is how it stands now."))
    else:
        if is_new:
            messages.success(
                request,
                _("The link stands on the page of whoever asked them along. Please tell them."),
            )
        else:
            messages.info(request, _("The link stood on their page already."))
    return redirect(where_from(request))


def where_from(request: HttpRequest) -> str:
    """The page that a button was pressed on, as its form says; else the page of messages."""
    where = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        where, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return where if is_ours else "messages:list"


def _ways(practitioner: Practitioner, participant_id: UUID) -> Ways:
    found = Participant.objects.filter(
        pk=participant_id, request__practitioner_id=practitioner.pk
    ).first()
    if found is None:
        raise Http404
    return ways_to([found], now=database_now())[participant_id]


def _sent(
    request: HttpRequest, practitioner: Practitioner, participant_id: UUID, address: str
) -> HttpResponse:
    try:
        is_sent = write_elsewhere(
            participant_id=participant_id,
            practitioner_id=practitioner.pk,
            address=address,
            now=database_now(),
        )
    except NotTheirs:
        messages.info(request, _("Something has changed meanwhile. This is how it stands now."))
    except TooMany:
        messages.warning(
            request, _("Several codes went out for them within the hour. Please wait a little.")
        )
    else:
        if is_sent:
            messages.success(
                request, _("A code is on its way there. The address is theirs once they enter it.")
            )
        else:
            messages.warning(
                request, _("We do not write there: it is somebody else's, or they asked us not to.")
            )
    return redirect(where_from(request))
