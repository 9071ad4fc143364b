"""Errors as RFC 9457 problem documents, each with a stable `code`.

400 is what cannot be read, 422 what was read and cannot be; 409 what was possible before
somebody else, or time, decided otherwise.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext, gettext_noop
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from booking.domain.refusals import (
    AddressInUse,
    ChangedMeanwhile,
    GateClosed,
    IdempotencyKeyReused,
    InvalidRequest,
    NotTheirs,
    PasscodeNeeded,
    Problem,
    Refusal,
    SlotTaken,
    TooMany,
)
from booking.domain.states import TransitionNotAllowed
from booking.queries.access import duration_of
from practice.models import Practice

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"

#: A refusal that is not named here is a conflict: it was possible, and is not any more.
_STATUS: Mapping[type[Refusal], HTTPStatus] = {
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    AddressInUse: HTTPStatus.UNPROCESSABLE_ENTITY,
    IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    ChangedMeanwhile: HTTPStatus.PRECONDITION_FAILED,
    NotTheirs: HTTPStatus.NOT_FOUND,
    PasscodeNeeded: HTTPStatus.FORBIDDEN,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
}

#: What is no refusal of ours and yet has an answer; the first that fits.
_OTHERS: Mapping[type[Exception], tuple[HTTPStatus, str]] = {
    TransitionNotAllowed: (HTTPStatus.CONFLICT, "not_allowed_now"),
    Http404: (HTTPStatus.NOT_FOUND, "not_found"),
    PermissionDenied: (HTTPStatus.FORBIDDEN, "permission_denied"),
    RequestDataTooBig: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"),
    SuspiciousOperation: (HTTPStatus.BAD_REQUEST, "malformed"),
    Practice.DoesNotExist: (HTTPStatus.SERVICE_UNAVAILABLE, "not_set_up"),
}

#: What each code means, in words for whoever reads the answer. Codes are stable, words are not.
TITLES: Mapping[str, str] = {
    "invalid": gettext_noop("Some of it needs another look."),
    "slot_taken": gettext_noop("That time is not open any more."),
    "no_seat_left": gettext_noop("Every seat of this group is taken."),
    "call_first": gettext_noop("They have not had their call before joining yet."),
    "gate_closed": gettext_noop("It cannot be confirmed yet."),
    "decision_waiting": gettext_noop("A decision already waits for the next batch."),
    "hold_expired": gettext_noop("The time is not held any more."),
    "changed_meanwhile": gettext_noop("It was changed since you looked at it."),
    "too_late_to_change": gettext_noop("It is too late to change this without the practitioner."),
    "move_waiting": gettext_noop("A move is already being agreed."),
    "not_allowed_now": gettext_noop("It is past the point where that was possible."),
    "link_unusable": gettext_noop("This link does not work any more."),
    "wrong_code": gettext_noop("This code does not belong to the link."),
    "address_in_use": gettext_noop("Each person needs an address of their own."),
    "passcode_needed": gettext_noop(
        "A passcode guards this. Please do it on your own page, which asks for it."
    ),
    "idempotency_key_reused": gettext_noop("This Idempotency-Key came with another body before."),
    "too_many": gettext_noop("Too many of these in a short time: please try again later."),
    "malformed": gettext_noop("The body cannot be read."),
    "too_large": gettext_noop("The body is too large."),
    "not_authenticated": gettext_noop("Please say who you are."),
    "authentication_failed": gettext_noop("These credentials are not valid."),
    "permission_denied": gettext_noop("This is not open to you."),
    "not_found": gettext_noop("There is nothing here."),
    "method_not_allowed": gettext_noop("This address does not take that method."),
    "not_acceptable": gettext_noop("The API answers in JSON only."),
    "unsupported_media_type": gettext_noop("The API takes JSON only."),
    "not_set_up": gettext_noop("This practice has not been set up yet."),
    "try_again": gettext_noop("The service is busy: please try again in a moment."),
    "internal_error": gettext_noop("Something went wrong on our side."),
}

_FRAMEWORK_CODES = {"parse_error": "malformed", "throttled": "too_many", "error": "internal_error"}


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Turn whatever a view raised into a problem document (the EXCEPTION_HANDLER of DRF)."""
    match error:
        case ValidationError():
            return _invalid(list(_field_errors(error.detail)))
        case InvalidRequest():
            return _invalid([_field_error(p) for p in error.problems])
        case SlotTaken():
            zone: ZoneInfo | None = getattr(context.get("view"), "answer_zone", None)
            return problem(HTTPStatus.CONFLICT, error.code, alternatives=_alternatives(error, zone))
        case GateClosed():
            return problem(HTTPStatus.CONFLICT, error.code, reasons=[str(r) for r in error.reasons])
        case Refusal():
            return problem(_STATUS.get(type(error), HTTPStatus.CONFLICT), error.code)
        case APIException():
            return _of_framework(error)
        case OperationalError() | InterfaceError():
            log.error("database_unavailable", exc_info=error)
            answer = problem(HTTPStatus.SERVICE_UNAVAILABLE, "try_again")
            answer["Retry-After"] = "5"
            return answer
    for kind, (status, code) in _OTHERS.items():
        if isinstance(error, kind):
            return problem(status, code)
    # Nothing about the fault leaves the house; the log has it, under the request's id.
    got_request_exception.send(sender=None, request=context.get("request"))
    log.error("api_failed", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error")


def problem(
    status: HTTPStatus, code: str, *, detail: str = "", **members: Sequence[Any]
) -> HttpResponse:
    """A problem document; `members` are its extensions."""
    title = gettext(TITLES.get(code, "")) or status.phrase
    body: dict[str, Any] = {
        "type": f"urn:attune:problem:{code}",
        "title": title,
        "status": status.value,
        "code": code,
    }
    if detail:
        body["detail"] = detail
    body |= members
    answer = HttpResponse(json.dumps(body), content_type=CONTENT_TYPE, status=status.value)
    answer["Cache-Control"] = "no-store"
    return answer


def _invalid(errors: list[dict[str, str]]) -> HttpResponse:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", errors=errors)


def _field_error(found: Problem) -> dict[str, str]:
    message = gettext(found.message) % found.params if found.params else gettext(found.message)
    return {"field": found.field, "code": found.code, "message": message}


def _field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Flatten the framework's nested errors: one row per error, the field with dots."""
    if isinstance(detail, ErrorDetail):
        yield {"field": field, "code": detail.code or "invalid", "message": str(detail)}
    elif isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(inner, ".".join(filter(None, (field, own))))
    else:
        for inner in detail:
            yield from _field_errors(inner, field)


def _alternatives(taken: SlotTaken, zone: ZoneInfo | None) -> list[dict[str, str]]:
    if not taken.alternatives or taken.service_id is None:
        return []
    minutes = duration_of(taken.service_id)
    return [slot(start, minutes, zone) for start in taken.alternatives]


def slot(start: datetime, minutes: int, zone: ZoneInfo | None) -> dict[str, str]:
    """An open time as the API writes it: start and end in one zone."""
    return {
        "start": start.astimezone(zone or start.tzinfo).isoformat(),
        "end": (start + timedelta(minutes=minutes)).astimezone(zone or start.tzinfo).isoformat(),
    }


def _of_framework(error: APIException) -> HttpResponse:
    code = error.get_codes()
    code = code if isinstance(code, str) else error.default_code
    answer = problem(HTTPStatus(error.status_code), _FRAMEWORK_CODES.get(code, code))
    challenge = getattr(error, "auth_header", None)
    if challenge:
        answer["WWW-Authenticate"] = challenge
    wait = getattr(error, "wait", None)
    if wait:
        answer["Retry-After"] = str(int(wait))
    return answer
