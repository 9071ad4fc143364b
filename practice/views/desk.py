"""Who may open the practitioner's pages, and for how long."""

import functools
import time
from collections.abc import Callable
from typing import Concatenate
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from practice.domain import presence
from practice.domain.presence import Ended
from practice.models import Practitioner
from practice.queries import practitioner_of
from practice.receivers import SESSION_KEY


def desk_page[**P](
    view: Callable[Concatenate[HttpRequest, Practitioner, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a page to the practitioner who signed in, and hand them to the view.

    Anybody else is sent to sign in, and so is a practitioner after a quarter of an hour of quiet
    or half a day; an account without a practitioner is refused.
    """

    @functools.wraps(view)
    @never_cache
    def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        practitioner = practitioner_of(request.user.pk)
        if practitioner is None:
            raise PermissionDenied
        over = note_use(request.session)
        if over is not None:
            return _signed_out(request, over)
        return view(request, practitioner, *args, **kwargs)

    return opened


def note_use(session: SessionBase) -> Ended | None:
    """Note that a signed-in session is used, or say why it is over. Pages and API share it."""
    now = int(time.time())
    kept: dict[str, int] = session.get(SESSION_KEY, {})
    over = presence.ended(kept, now)
    if over is not None:
        return over
    again = presence.seen_again(kept, now)
    if again is not None:
        session[SESSION_KEY] = again
    return None


def _signed_out(request: HttpRequest, over: Ended) -> HttpResponse:
    """To the sign-in page, which says what happened and leads back afterwards."""
    logout(request)
    if over is Ended.IDLE:
        messages.info(
            request,
            _("You were signed out, because nothing happened here for %(minutes)s minutes.")
            % {"minutes": presence.IDLE_SECONDS // 60},
        )
    else:
        messages.info(
            request,
            _("You were signed out: after %(hours)s hours it is time to sign in again.")
            % {"hours": presence.LIFE_SECONDS // 3600},
        )
    return _to_sign_in(request)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, which leads back to a page: what a form was sent to may be none."""
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    messages.warning(
        request,
        _("What you just sent was not taken, and nothing has changed. Please send it again."),
    )
    return redirect_to_login(_page_before(request))


def _page_before(request: HttpRequest) -> str:
    """The page that a form was sent from: many forms' own addresses are no pages."""
    came_from = urlsplit(request.headers.get("referer", ""))
    desk: str = settings.LOGIN_REDIRECT_URL
    is_ours = came_from.netloc == request.get_host() and came_from.path.startswith(desk)
    return came_from._replace(scheme="", netloc="").geturl() if is_ours else desk
