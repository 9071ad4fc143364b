"""Who calls the API: a practitioner (token, or the session of the desk) or a person of a request.

`request.auth` is the `Practitioner` or the `Participant`; views look at nothing else.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from booking.domain.refusals import LinkUnusable, WrongCode
from booking.models import Participant
from booking.operations import links
from practice.models import Practitioner
from practice.queries import practitioner_for_token, practitioner_of
from practice.views.desk import note_use


def _credentials(request: Request, scheme: str) -> list[str] | None:
    """What follows `scheme` in the Authorization header; None if another scheme stands there."""
    try:
        found, *rest = get_authorization_header(request).decode("ascii").split()
    except ValueError:  # nothing there, or not ASCII
        return None
    return rest if found.lower() == scheme else None


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`: a practitioner's API token."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Practitioner] | None:
        given = _credentials(request, "bearer")
        if given is None:
            return None
        practitioner = practitioner_for_token(given[0]) if len(given) == 1 else None
        if practitioner is None:
            raise AuthenticationFailed
        return AnonymousUser(), practitioner

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class LinkAuthentication(BaseAuthentication):
    """`Authorization: Link <token> <code>`: the link and the code of one's own mail."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Participant] | None:
        given = _credentials(request, "link")
        if given is None:
            return None
        if len(given) < 2:
            raise AuthenticationFailed
        try:
            participant = links.recognise(token=given[0], code_typed="".join(given[1:]))
        except (LinkUnusable, WrongCode) as refusal:
            raise AuthenticationFailed from refusal
        return AnonymousUser(), participant

    def authenticate_header(self, request: Request) -> str:
        return "Link"


class DeskAuthentication(SessionAuthentication):
    """The session of the desk, with the CSRF token in `X-CSRFToken` where something changes.

    It ends as it does for the pages of the desk: after a quarter of an hour of quiet, at the
    latest after half a day.
    """

    def authenticate(self, request: Request) -> tuple[Any, Practitioner] | None:
        signed_in = super().authenticate(request)
        practitioner = practitioner_of(signed_in[0].pk) if signed_in else None
        if signed_in is None or practitioner is None:
            return None
        if note_use(request.session) is not None:
            return None
        return signed_in[0], practitioner


class IsPractitioner(BasePermission):
    """Open to practitioners, who see their own calendar and requests."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Practitioner)


class IsParticipant(BasePermission):
    """Open to a person of a request."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Participant)


class IsKnown(BasePermission):
    """Open to practitioners and to people of requests."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Practitioner | Participant)


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "practitionerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A practitioner's API token.",
        }


class _LinkScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = LinkAuthentication
    name = "privateLink"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Link <token> <code>`: the end of one's private link, and its code.",
        }


class _DeskScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = DeskAuthentication
    name = "deskSession"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "session",
            "description": "The session of a signed-in practitioner, with X-CSRFToken on writes.",
        }
