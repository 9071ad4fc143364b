"""How pages answer a form, and how they answer nobody in particular."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url

from booking.forms.fields import AddressForm


def see_other(to: str, *args: Any, **kwargs: Any) -> HttpResponse:
    """Lead on to another page after a form: a reload there sends nothing twice."""
    return HttpResponseRedirect(resolve_url(to, *args, **kwargs), status=303)


def too_many(request: HttpRequest) -> HttpResponse:
    """A kind refusal: this was asked for too often in a short time."""
    response = render(request, "booking/client/too_many.html", status=429)
    response["Retry-After"] = "3600"
    return response


def not_here(request: HttpRequest, *, note: str = "") -> HttpResponse:
    """The one page for every private address that does not open, whatever the reason.

    `note` says what becomes of what was typed.

    It is no `Http404`: that would be answered outside of the view, and could be stored.
    """
    context = {"form": AddressForm(), "note": note}
    return render(request, "booking/client/unusable.html", context, status=404)
