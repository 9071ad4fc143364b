"""A wrong definition stops the start, with the file, the line and the key in the message."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from intake.domain.loader import InvalidDefinitions, library


@register
def definitions_load(**_: Any) -> Sequence[CheckMessage]:
    """Read every form and document."""
    try:
        library()
    except InvalidDefinitions as error:
        return [Error(str(fault), id="intake.E001") for fault in error.faults]
    return []
