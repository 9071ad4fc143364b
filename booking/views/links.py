"""Private links: opening one, proving one's address with its code, asking for it again."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.domain.refusals import LinkUnusable, TooMany
from booking.forms.fields import AddressForm, CodeForm
from booking.operations import links
from booking.views import device
from booking.views.answer import not_here, see_other, too_many
from booking.views.network import check_mail_rate
from booking.views.sent import come_in

_page_methods = require_http_methods(["GET", "HEAD", "POST"])


@_page_methods
@never_cache
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """A private link: asks for the code of its message. Opening it changes nothing."""
    try:
        link = links.usable_link(token)
        if link.is_handover:
            return _claim(request, token)
        return _ask_code(request, token)
    except LinkUnusable:
        return not_here(request)


def _ask_code(request: HttpRequest, token: str) -> HttpResponse:
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = come_in(request, token=token, code=form.cleaned_data["code"], form=form)
        if answer is not None:
            return answer
        links.usable_link(token)  # the last wrong try has closed it
    return render(request, "booking/client/code.html", {"form": form})


def _claim(request: HttpRequest, token: str) -> HttpResponse:
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "booking/client/handover.html", {"form": form})
    address = form.cleaned_data["email"]
    try:
        check_mail_rate(request, address)
    except TooMany:
        return too_many(request)
    # Only an address that had mail of ours can be refused here: saying so would tell that it had.
    with suppress(TooMany):
        links.claim_handover(token=token, address=address, now=timezone.now())
    return _on_its_way(request, address)


@_page_methods
@never_cache
def link_again(request: HttpRequest) -> HttpResponse:
    """Send me my link again. The answer is the same whether there is anything to send or not."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "booking/client/again.html", {"form": form})
    address = form.cleaned_data["email"]
    try:
        check_mail_rate(request, address)
    except TooMany:
        return too_many(request)
    with suppress(TooMany):  # as above
        links.send_again(address=address, now=timezone.now())
    return _on_its_way(request, address)


def _on_its_way(request: HttpRequest, address: str) -> HttpResponse:
    return render(request, "booking/client/on_its_way.html", {"address": address})


@require_POST
@never_cache
def leave_device(request: HttpRequest) -> HttpResponse:
    """Sign this device out of every private page, and let the browser forget what it saw."""
    device.forget(request)
    response = see_other("link-done")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@require_safe
@never_cache
def done(request: HttpRequest) -> HttpResponse:
    """Nothing is left to do here."""
    return render(request, "booking/client/done.html", {"sentence": _("That is all. Thank you.")})
