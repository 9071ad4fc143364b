"""Who may open the practitioner's pages."""

import functools
from collections.abc import Callable
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from practice.models import Practitioner
from practice.queries import practitioner_of


def desk_page[**P](
    view: Callable[Concatenate[HttpRequest, Practitioner, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a page to the practitioner who signed in, and hand them to the view.

    Anybody else is sent to sign in; an account without a practitioner is refused.
    """

    @functools.wraps(view)
    @login_required
    @never_cache
    def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user_id = request.user.pk
        practitioner = practitioner_of(user_id) if user_id else None
        if practitioner is None:
            raise PermissionDenied
        return view(request, practitioner, *args, **kwargs)

    return opened
