"""A wrong definition stops the start, with the file, the line and the key in the message."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from intake.domain.loader import InvalidDefinitions, library
from intake.domain.resources import InvalidResources, resources


@register
def definitions_load(**_: Any) -> Sequence[CheckMessage]:
    """Read every form and document, and the resources."""
    found: list[CheckMessage] = []
    try:
        library()
    except InvalidDefinitions as error:
        found += [Error(str(fault), id="intake.E001") for fault in error.faults]
    try:
        resources()
    except InvalidResources as error:
        found.append(Error(str(error), id="intake.E002"))
    return found
