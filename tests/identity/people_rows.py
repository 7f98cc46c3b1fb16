"""Made-up people with known duplicates and households."""

import random

import pandas as pd

FIRST = ["anna", "jan", "piotr", "maria", "ewa", "tomasz", "zofia", "adam", "julia"]
SOUNDS = ["ka", "wo", "lski", "no", "wak", "zie", "lin", "mar", "czyk", "bor", "dob"]


def people(size, duplicates, seed=1):
    """Give rows of people: some twice with typing errors, some with a partner.

    `who` is the person; partners share surname, postcode and phone.
    """
    rng = random.Random(seed)  # noqa: S311
    rows = []
    for who in range(size):
        one = _person(rng, who)
        rows.append(one)
        if rng.random() < 0.1:
            partner = _person(rng, f"partner of {who}")
            shared = {name: one[name] for name in ("last_name", "postcode", "phone")}
            rows.append({**partner, **shared})
        if rng.random() < duplicates:
            rows.append(_worn(rng, one))
    frame = pd.DataFrame(rows)
    order = list(range(len(frame)))
    rng.shuffle(order)
    frame = frame.iloc[order].reset_index(drop=True)
    frame.insert(0, "customer_id", [f"c{i:06d}" for i in range(len(frame))])
    return frame


def pairs_of(frame):
    """Give the pairs of customers that are one person."""
    both = frame[["customer_id", "who"]].merge(frame[["customer_id", "who"]], on="who")
    both = both[both.customer_id_x < both.customer_id_y]
    return set(zip(both.customer_id_x, both.customer_id_y, strict=True))


def _person(rng, who):
    first = rng.choice(FIRST)
    last = "".join(rng.choice(SOUNDS) for _ in range(3))
    return {
        "who": str(who),
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}{rng.randrange(99)}@example.com",
        "birth_date": f"{rng.randrange(1940, 2006)}-{rng.randrange(1, 13):02d}-"
        f"{rng.randrange(1, 29):02d}",
        "postcode": f"{rng.randrange(10, 99)}-{rng.randrange(100, 130)}",
        "phone": f"+4860{rng.randrange(10**7):07d}",
    }


def _worn(rng, one):
    """Copy a person as another clerk might have typed it."""
    copy = dict(one)
    for name in ("first_name", "last_name", "email"):
        if rng.random() < 0.3:
            copy[name] = _typo(rng, copy[name])
    if rng.random() < 0.3:
        copy["phone"] = f"+4860{rng.randrange(10**7):07d}"
    if rng.random() < 0.3:
        copy["email"] = None
    if rng.random() < 0.1:
        copy["birth_date"] = None
    if rng.random() < 0.2:
        copy["postcode"] = "99-999"
    return copy


def _typo(rng, text):
    at = rng.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
