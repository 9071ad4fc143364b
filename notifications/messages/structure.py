"""What a message consists of, before it becomes text or HTML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `preview` is what a lock screen shows under the subject.

    `facts` are label and value. `action` is the words on the one button; it opens `url`, and
    `code` is what the page behind it asks for.
    """

    subject: str
    preview: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    action: str = ""
    url: str = ""
    code: str = ""
    small: tuple[str, ...] = ()
    signature: str = ""
