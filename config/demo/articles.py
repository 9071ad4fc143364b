"""Three short articles of the demo practice."""

from datetime import date
from typing import NamedTuple


class DemoArticle(NamedTuple):
    """Title, summary and paragraphs of an article."""

    slug: str
    title: str
    summary: str
    body: str
    published_date: date


ARTICLES = (
    DemoArticle(
        slug="the-pause-before-the-answer",
        title="The pause before the answer",
        summary="Most arguments are lost in the second between hearing and replying.",
        published_date=date(2026, 10, 28),
        body="""\
There is a moment in every difficult conversation that almost nobody notices. It lies between \
the last word you hear and the first word you say, and it lasts about as long as a breath. In it \
your body has already decided whether this is a talk or a fight.

You can learn to stay in that moment a little longer. Not to find the clever reply, but to notice \
what is happening: the heat in the face, the tight jaw, the sentence that is already on its way. \
Name it silently. "I am getting defensive." That is enough to give the rest of you time to arrive.

Try it with something small first. When somebody asks why the dishes are still there, breathe out \
once before you answer. It will feel theatrical for a week. After a month the people around you \
begin to do it too.

What helps is to agree on it together, on a quiet day: either of us may ask for a pause, nobody \
has to say why, and whoever asked comes back first.""",
    ),
    DemoArticle(
        slug="wanting-at-different-speeds",
        title="Wanting at different speeds",
        summary="Two people rarely want the same thing at the same time. That is not the problem.",
        published_date=date(2026, 9, 16),
        body="""\
Almost everybody who writes to me about closeness begins with an apology. One wants more, the \
other less, and both are sure that something is broken. Usually nothing is. Wanting has a rhythm, \
and no two people were ever given the same one.

For some, desire is there first and looks for an occasion. For others the occasion comes first: \
warmth, time, safety, and only then the wish to be near. If you take the second kind for no desire \
at all, you will wait for a spark that was never meant to light the fire.

So talk about the conditions rather than about the count. What makes it easier to want? What makes \
it harder? Who starts, and how does a no have to sound so that the next yes stays possible?

These are learnable conversations. They are also much easier with somebody in the room whose only \
task is to see that everybody is heard.""",
    ),
    DemoArticle(
        slug="agreements-that-breathe",
        title="Agreements that breathe",
        summary="Opening a relationship, or closing it again, is mostly about how you decide.",
        published_date=date(2026, 8, 5),
        body="""\
People who love more than one person are often asked about jealousy. They should be asked about \
calendars, and about who is told what, and when. Most of the pain I see does not come from love \
being shared. It comes from agreements that everybody remembers differently.

A good agreement says what it is for. "We text before staying out overnight" can be about safety, \
about the children, or about not wanting to lie awake. Only if you know which one can you change \
it without hurting the thing it protected.

Write it down in one sentence each, in your own words, and compare. Do not look for the one true \
version. Look for the places where you were quietly hoping for different things.

And give every agreement a birthday: a date on which you look at it again. What cannot be changed \
will be broken. What can be changed tends to hold.""",
    ),
)
