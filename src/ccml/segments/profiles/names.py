"""Plain names of segments, from what stands out most in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccml.segments.clusters.traits import Trait

STANDS_OUT = 0.4  # standard deviations above all customers
FIRST_WORDS = 1
MAIN = 0.5  # of the calls
TOPIC_FIRST = 0.6  # a topic this near to the strongest trait gives the name


@dataclass(frozen=True)
class Standout:
    """One trait of one segment and how far it is from all customers.

    Args:
        trait: The trait.
        effect: Distance in standard deviations of all customers.
        value: Mean over the segment's customers.
    """

    trait: Trait
    effect: float
    value: float = float("nan")


def segment_names(
    standouts: Mapping[str, Sequence[Standout]], own: Mapping[str, str]
) -> dict[str, str]:
    """Name every segment, each name once.

    Args:
        standouts: For every segment its traits, in any order.
        own: Names from the config, by segment; they go first.
    """
    names = {segment: own[segment] for segment in standouts if segment in own}
    for segment, found in standouts.items():
        if segment not in names:
            names[segment] = _first_free(found, set(names.values()))
    return {segment: names[segment] for segment in standouts}


def _first_free(found: Sequence[Standout], taken: set[str]) -> str:
    for words in range(FIRST_WORDS, FIRST_WORDS + 4):
        name = _name(found, words)
        if name not in taken:
            return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def _name(found: Sequence[Standout], words: int) -> str:
    high = sorted(
        (one for one in found if one.effect >= STANDS_OUT),
        key=lambda one: (-one.effect, one.trait.name),
    )
    if not high:
        most = next((one for one in found if _is_main_topic(one)), None)
        if most is not None:
            return f"{most.trait.head}, like most"
        rate = next((one.effect for one in found if one.trait.name == "calls"), 0.0)
        return "Occasional callers" if rate <= -STANDS_OUT else "Callers like most"
    topics = (one for one in high if one.trait.is_topic)
    head = next(
        (t for t in topics if t.effect >= TOPIC_FIRST * high[0].effect), high[0]
    )
    rest = [one for one in high if one is not head and not _is_said(one, head)]
    tails = [one.trait.tail for one in rest[:words]]
    return ", ".join([head.trait.head, *tails])


def _is_main_topic(one: Standout) -> bool:
    """Tell whether most calls are about it, though that sets nobody apart."""
    return one.trait.is_topic and one.trait.unit == "share" and one.value > MAIN


def _is_said(further: Standout, head: Standout) -> bool:
    """Tell whether the head of a name says as much already.

    Who calls often calls again within days; and what sets calls off tells what they are
    about.
    """
    if head.trait.name == "calls":
        return further.trait.name == "repeats"
    return head.trait.block == "triggers" and further.trait.is_topic
