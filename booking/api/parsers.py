"""Reading a body: JSON, of bounded size and depth."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """JSON within `DATA_UPLOAD_MAX_MEMORY_SIZE`, which the framework's parser would read past."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        # Django checks the size when the whole body is asked for, and keeps what it read.
        _ = parser_context["request"].body
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError from error
