"""What the schema says of an operation, said once and alike for all of them."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from booking.api.pages import LIMIT, LIMIT_MAX
from booking.api.problems import CONTENT_TYPE
from booking.api.serializers.choices import REQUEST_STATES
from booking.api.serializers.problems import ProblemSerializer
from booking.domain.slots import SPAN_DAYS_MAX

#: What every operation may answer.
_ALWAYS = (429, 503)

TIME_ZONE = OpenApiParameter(
    "time_zone",
    str,
    description="The zone of the times in the answer, as IANA names it. Left out: the caller's "
    "own; of a public address the practitioner's.",
)
DRY_RUN = OpenApiParameter(
    "dry_run",
    bool,
    description="`true`: say what it would do, and save nothing.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `version` of what you looked at, in quotes, as a list, a dry run or the last "
    "save said it: if something else stands there by now, nothing is saved (412). Left out: saved "
    "whatever stands there.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A key of your own (a UUID is good): however often the same body comes with it, "
    "one request is made, and the answer is the same.",
)
STATE = OpenApiParameter(
    "state",
    str,
    enum=REQUEST_STATES,
    many=True,
    description="In these states only; may be given more than once. Left out: everything that is "
    "still open.",
)
FROM = OpenApiParameter("from", date, required=True, description="The first day.")
TO = OpenApiParameter(
    "to",
    date,
    required=True,
    description=f"The last day, included; {SPAN_DAYS_MAX} days at most.",
)
_PAGES = (
    OpenApiParameter(
        "limit", int, description=f"How many rows: {LIMIT}, if it is left out; {LIMIT_MAX} at most."
    ),
    OpenApiParameter("cursor", str, description="Where to go on: `next` of an answer has it."),
)


def operation(
    operation_id: str,
    *,
    answers: dict[int, Any],
    examples: Sequence[OpenApiExample],
    problems: Sequence[int] = (),
    body: Any = None,
    parameters: Sequence[OpenApiParameter] = (),
    in_pages: bool = False,
    without_times: bool = False,
) -> Callable[[Any], Any]:
    """Describe a method of a view. `problems` are the statuses of its own refusals."""
    asked = [*parameters, *(_PAGES if in_pages else ())]
    refused = {*problems, *_ALWAYS}
    if not without_times:
        asked.append(TIME_ZONE)
        refused.add(422)  # a zone that there is not
    listed: dict[int | tuple[int, str], Any] = dict(answers.items())
    for status in sorted(refused):
        listed[status, CONTENT_TYPE] = ProblemSerializer
    described: Callable[[Any], Any] = extend_schema(
        operation_id=operation_id,
        parameters=asked,
        request=body,
        responses=listed,
        examples=list(examples),
    )
    return described


def either(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook of the generator: what one of two callers is answered may fit the shape of both."""
    for shape in result["components"]["schemas"].values():
        if "oneOf" in shape:
            shape["anyOf"] = shape.pop("oneOf")
    return result
