"""Taking back a change of address, from the message to the address before."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from booking.domain.refusals import LinkUnusable
from booking.operations import undoing
from booking.views.answer import not_here, see_other


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def undo_address(request: HttpRequest, token: str) -> HttpResponse:
    """Asks whether to go back. Opening it changes nothing, and it names neither address."""
    now = timezone.now()
    try:
        if request.method == "POST":
            undoing.undo_address(token=token, now=now)
            return see_other("address-undone")
        undoing.usable_undo(token, now=now)
    except LinkUnusable:
        return not_here(request)
    return render(request, "booking/client/undo_address.html", {"token": token})


@require_safe
@never_cache
def undone(request: HttpRequest) -> HttpResponse:
    """We write to the address before again."""
    sentence = _("We write to your earlier address again. A new link is on its way there.")
    return render(request, "booking/client/done.html", {"sentence": sentence})
