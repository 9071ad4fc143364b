"""The pages for what went wrong on our side, and for addresses that are only sent to."""

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.csrf import csrf_failure
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

from intake.views import danger

#: What browsers and proxies are asked to wait.
RETRY_SECONDS = 5


@requires_csrf_token
def failed(request: HttpRequest) -> HttpResponse:
    """503 when the database cannot answer now, and 500 for everything else.

    Here, and not in a middleware, because sessions are read and written outside the views too.
    """
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return server_error(request)
    answer = HttpResponse(loader.get_template("503.html").render(), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    answer["Cache-Control"] = "no-store"
    return answer


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that could not prove that it is one of ours.

    Help, if it says that somebody is in danger now: they may just have left the page in a hurry.
    """
    return danger.without_token(request) or csrf_failure(request, reason=reason)


def only_sent_to(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Show a page to whoever opens the address of a button: alone, 405 is an empty answer.

    A middleware, because Django has no handler for it. What sends a form reads no page.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        if answer.status_code != 405 or answer.content or request.method != "GET":
            return answer
        page = render(request, "405.html", status=405)
        page["Allow"] = answer["Allow"]
        page["Cache-Control"] = "no-store"
        return page

    return answered
