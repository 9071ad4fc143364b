"""Private links: opening one, proving one's address with its code, asking for it again."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.domain.refusals import LinkUnusable, TooMany
from booking.forms.fields import AddressForm, CodeForm
from booking.operations import links
from booking.views import device, drafts
from booking.views.again import form_again, see_errors
from booking.views.answer import not_here, see_other, too_many
from booking.views.network import check_mail_rate
from booking.views.sent import come_in

#: The drafts of these pages (`booking.views.drafts`) that are nobody's in particular.
_AGAIN, _SENT = "link-again", "link-sent"

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
    if request.method != "POST":
        form = form_again(request, _draft(token), CodeForm)
        return render(request, "booking/client/code.html", {"form": form})
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            answer = come_in(request, token=token, code=form.cleaned_data["code"], form=form)
        except LinkUnusable:
            return see_other("open", token=token)  # it says that it does not open
        if answer is not None:
            return answer
    return see_errors(request, _draft(token), reverse("open", args=[token]), form)


def _draft(token: str) -> str:
    return f"open:{links.link_id_of(token)}"


def _claim(request: HttpRequest, token: str) -> HttpResponse:
    if request.method != "POST":
        form = form_again(request, _draft(token), AddressForm)
        return render(request, "booking/client/handover.html", {"form": form})
    form = AddressForm(request.POST)
    if not form.is_valid():
        return see_errors(request, _draft(token), reverse("open", args=[token]), form)
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
    if request.method != "POST":
        return _link_again(request)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return see_errors(request, _AGAIN, reverse("link-again"), form)
    address = form.cleaned_data["email"]
    try:
        check_mail_rate(request, address)
    except TooMany:
        return too_many(request)
    with suppress(TooMany):  # as above
        links.send_again(address=address, now=timezone.now())
    return _on_its_way(request, address)


def _link_again(request: HttpRequest) -> HttpResponse:
    sent = drafts.kept(request, _SENT)
    if sent is not None:
        return render(request, "booking/client/on_its_way.html", {"address": sent.note["address"]})
    form = form_again(request, _AGAIN, AddressForm)
    return render(request, "booking/client/again.html", {"form": form})


def _on_its_way(request: HttpRequest, address: str) -> HttpResponse:
    return drafts.show_again(request, _SENT, reverse("link-again"), address=address)


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
