import math
import operator

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ccml.config.expressions import check_condition, condition_columns, parse_condition
from ccml.engine.conditions import condition
from ccml.errors import ConfigError

HOSTILE = [
    "a = 1; drop table calls",
    "a = 1; select 1",
    "a = (select max(a) from calls)",
    "a in (select 1)",
    "exists (select 1)",
    "a = 1 union select 1",
    "a = 1 limit 1",
    "a = 1 order by a",
    "a = 1 group by a",
    "a = 1) or (1 = 1",
    "a = 1 -- and b = 2",
    "a = 1 /* and */ and b = 2",
    "/* x */ a = 1",
    "lower(s) = 'x'",
    "getenv('HOME') = 'x'",
    "read_csv('/etc/passwd') is null",
    "s in read_text('/etc/passwd')",
    "current_date > '2025-01-01'",
    "now() > '2025-01-01'",
    "random() < 0.5",
    "a::int = 1",
    "cast(a as int) = 1",
    "date '2025-01-01' = t",
    '"; drop table calls" = 1',
    '"a""b" = 1',
    "calls.a = 1",
    "main.calls.a = 1",
    "a.b.c.d = 1",
    "* = 1",
    "case when a = 1 then true else false end",
    "a between symmetric 2 and 1",
    "s like s",
    "s like any ('a', 'b')",
    "s ilike 'a'",
    "s similar to 'a'",
    "s ~ 'a'",
    "s || 'x' = 'ax'",
    "a = null",
    "a in (1, null)",
    "a in s",
    "s in ()",
    "(a, s) = (1, 'x')",
    "a is distinct from 1",
    "a is s",
    "$1 = a",
    ":name = a",
    "? = a",
    "[a] = [1]",
    "{'x': a} = {'x': 1}",
    "a[1] = 1",
    "$$x$$ = s",
    "e'x' = s",
    "a % 2 = 1",
    "interval 1 day = a",
    "a = 1 into outfile 'x'",
    "a := 1",
    "pragma version",
    "attach 'x' as y",
    "copy a to 'x'",
    "",
    "   ",
    "(" * 1500 + "a = 1" + ")" * 1500,
    "not " * 499 + "a",
    "a = 1 or " * 300 + "a = 1",
    "a = '" + "x" * 2000 + "'",
    "a = 'open",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_plain_condition_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        check_condition(text)


def equal(one, other):
    return None if one is None or other is None else one == other


def compared(compare, one, other):
    return None if one is None or other is None else compare(one, other)


def both(one, other):
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def negated(value):
    return None if value is None else not value


def either(one, other):
    return negated(both(negated(one), negated(other)))


LEGAL = {
    "a = 1": lambda r: equal(r["a"], 1),
    "a <> 1.5": lambda r: negated(equal(r["a"], 1.5)),
    "a != b": lambda r: negated(equal(r["a"], r["b"])),
    "a > 1E0 and s = 'x'": lambda r: both(
        compared(operator.gt, r["a"], 1), equal(r["s"], "x")
    ),
    "a >= 1 or f": lambda r: either(compared(operator.ge, r["a"], 1), r["f"]),
    "not f": lambda r: negated(r["f"]),
    "not (a < 1 or b <= -1)": lambda r: negated(
        either(compared(operator.lt, r["a"], 1), compared(operator.le, r["b"], -1))
    ),
    "s in ('x', 'it''s')": lambda r: compared(
        lambda s, some: s in some, r["s"], ("x", "it's")
    ),
    "a not in (0, 2)": lambda r: compared(
        lambda a, some: a not in some, r["a"], (0, 2)
    ),
    "a between b and 2": lambda r: both(
        compared(operator.ge, r["a"], r["b"]), compared(operator.le, r["a"], 2)
    ),
    "s is null": lambda r: r["s"] is None,
    "s is not null and not f": lambda r: both(r["s"] is not None, negated(r["f"])),
    "f is true": lambda r: r["f"] is True,
    "f is not false": lambda r: r["f"] is not False,
    "s like 'x%'": lambda r: compared(lambda s, x: s.startswith(x), r["s"], "x"),
    "s not like '_'": lambda r: compared(lambda s, n: len(s) != n, r["s"], 1),
    "a + 2 * b > 1": lambda r: compared(lambda a, b: a + 2 * b > 1, r["a"], r["b"]),
    "-a - 1 < b / 4": lambda r: compared(lambda a, b: -a - 1 < b / 4, r["a"], r["b"]),
    "(not f) is null": lambda r: r["f"] is None,
    "(a not in (0, 2)) is not null": lambda r: r["a"] is not None,
    "(s not like 'x%') is null": lambda r: r["s"] is None,
    "not (s is not null) is null": lambda _row: True,
    "(not f) < (a = 1)": lambda r: compared(
        operator.lt, negated(r["f"]), equal(r["a"], 1)
    ),
    "f = true": lambda r: equal(r["f"], True),
    '"a" = 1 and "two words" = 1': lambda r: both(equal(r["a"], 1), equal(r["b"], 1)),
    "s < 'xa'": lambda r: compared(operator.lt, r["s"], "xa"),
    "true": lambda _row: True,
}
row = st.fixed_dictionaries(
    {
        "a": st.sampled_from([None, -1, 0, 1, 2]),
        "b": st.sampled_from([None, -1.0, 0.25, 1.0]),
        "s": st.sampled_from([None, "x", "xa", "it's", "y"]),
        "f": st.sampled_from([None, True, False]),
    }
)
schema = pa.schema(
    {"a": pa.int64(), "b": pa.float64(), "s": pa.string(), "f": pa.bool_()}
)


@settings(
    max_examples=3,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=[*HealthCheck],
)
@given(rows=st.lists(row, min_size=30, max_size=60))
def test_legal_conditions_mean_what_python_computes(shared_backend, rows):
    table = ibis.memtable(pa.Table.from_pylist(rows, schema))
    table = table.mutate(**{"two words": table.b})
    texts = {f"c{i}": text for i, text in enumerate(LEGAL)}
    meant = {name: condition(table, text, "here") for name, text in texts.items()}
    found = shared_backend.to_pyarrow(table.select(**meant)).to_pylist()
    for name, text in texts.items():
        wanted = [LEGAL[text](r) for r in rows]
        assert [r[name] for r in found] == wanted, text


@pytest.fixture
def table():
    return ibis.table({"a": "int64", "s": "string", "f": "boolean"}, name="events")


def test_no_condition_keeps_every_row(table):
    kept = condition(table, None, "here")
    assert kept.equals(ibis.literal(value=True))


@pytest.mark.parametrize(
    "text",
    [
        "s = 5",
        "a = 'x'",
        "a",
        "not a",
        "a and f",
        "a is true",
        "a = 99999999999999999999999",
        "s > a",
    ],
)
def test_types_that_do_not_fit_are_a_fault_of_the_config(table, text):
    with pytest.raises(ConfigError, match=r"here: the condition .* does not fit"):
        condition(table, text, "here")


def test_a_bad_condition_is_a_fault_of_the_config_even_unchecked(table):
    with pytest.raises(ConfigError, match=r"here: got 'now.. > 1'; .* is not allowed"):
        condition(table, "now() > 1", "here")


def test_an_unknown_column_is_told(table):
    with pytest.raises(ConfigError, match=r"here: no column named 'ff'\. .* 'f'\?"):
        condition(table, "ff", "here")


def test_columns_are_listed_once_and_sorted():
    assert condition_columns("s = 'a' or a > 1 or s is null") == ["a", "s"]


def test_a_trailing_semicolon_is_harmless():
    assert parse_condition("a = 1;").this.name == "a"
    assert math.isfinite(float(parse_condition("a = 1e3").expression.name))
