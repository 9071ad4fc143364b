"""What a message consists of, before it becomes text or HTML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    `words` are what the practice may put in words of its own, `before` and `after` what the
    message says besides, whoever wrote it. `variant` tells apart the wordings of one kind. `facts`
    are label and value. `action` is the words on the one button; it opens `url`, and `code` is
    what the page behind it asks for. `glance`: what a lock screen shows instead of the beginning,
    and `title` the heading inside, where the subject says nothing.
    """

    subject: str
    words: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    action: str = ""
    url: str = ""
    code: str = ""
    small: tuple[str, ...] = ()
    signature: str = ""
    variant: str = ""
    glance: str = ""
    title: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Everything it says in sentences, in order."""
        return (*self.before, *self.words, *self.after)

    @property
    def preview(self) -> str:
        """What a lock screen shows under the subject."""
        return self.glance or self.paragraphs[0]

    @property
    def heading(self) -> str:
        """What stands above the sentences."""
        return self.title or self.subject
