"""How intake's private pages are answered."""

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from booking.models import Participant


def show(
    request: HttpRequest,
    participant: Participant,
    name: str,
    context: Mapping[str, object],
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """A page of this person, with the way to sign the device out."""
    everything = {"participant": participant, "sign_out_url": reverse("leave-device"), **context}
    return render(request, f"intake/{name}.html", everything, status=status)
