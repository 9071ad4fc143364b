"""How pages answer a form."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url


def see_other(to: str, *args: Any, **kwargs: Any) -> HttpResponse:
    """Lead on to another page after a form: a reload there sends nothing twice."""
    return HttpResponseRedirect(resolve_url(to, *args, **kwargs), status=303)


def too_many(request: HttpRequest) -> HttpResponse:
    """A kind refusal: this was asked for too often in a short time."""
    response = render(request, "booking/client/too_many.html", status=429)
    response["Retry-After"] = "3600"
    return response
