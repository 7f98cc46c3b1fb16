"""What a config may say of a database, and that no password is shown."""

import re

import pytest
from pydantic import ValidationError
from sqlglot import expressions

from ccml.config.addresses import parse_address
from ccml.config.databases import DatabaseConfig
from ccml.config.load import load_config
from ccml.config.queries import FORBIDDEN, check_query
from ccml.config.sources import CallsSource
from ccml.engine.digest import fingerprint
from ccml.errors import ConfigError

SECRET = "canary-9f2-pass"  # noqa: S105
HOSTILE = {
    "postgresql": """\
select pg_read_file('/etc/passwd')
select "pg_read_file"('a')
select pg_catalog.pg_read_file('a')
select pg_read_binary_file('a')
select * from pg_ls_dir('/')
select * from lateral pg_read_file('a')
select * from rows from (pg_read_file('a'))
select * from dblink('x', 'y') as t(a int)
select a from (select pg_read_file('a') a) q
select a from t where exists (select lo_unlink(1))
select 1 union select pg_sleep(1)
select pg_sleep(10)
select lo_import('/etc/passwd')
select lo_export(1, '/tmp/x')
select set_config('a', 'b', false)
select pg_terminate_backend(1)
select query_to_xml('drop table x', true, true, '')
select nextval('s')
select setval('s', 1)
select current_setting('a')
select own.own_function(1)
select 1; drop table x
select 1 into t
select * from a for update
select U&"d\\0061t" from t
select * from t -- comment
select /* x */ 1
select $1
select :a
with x as (delete from a returning *) select * from x
with x as (insert into a values (1) returning *) select * from x
with x as (update a set b = 1 returning *) select * from x
copy t to '/tmp/x'
explain select 1
values (1)
drop table x
create table x as select 1
grant select on a to b
do $$ begin end $$
call f()
set role admin
merge into a using b on a.x = b.x when matched then delete""",
    "mysql": """\
select load_file('/etc/passwd')
select 1 into outfile '/tmp/x'
select 1 into dumpfile '/tmp/x'
select 1 into @a
select /*!50000 sleep(1) */ 1
select @a:=1
select @@secure_file_priv
select sleep(1)
select benchmark(1, 2)
select get_lock('a', 1)
select sys_exec('id')
select * from a lock in share mode
load data infile 'x' into table t
select 1 # comment
show tables""",
    "duckdb": """\
select * from read_csv('/etc/passwd')
select * from 'x.csv'
select * from "x.csv"
select * from read_text('x')
select * from read_parquet('x')
select * from glob('*')
select getenv('x')
select * from query('drop table x')
attach 'x' as y
pragma database_list
copy t to 'x'
install httpfs""",
    "sqlite": """\
select load_extension('x')
select readfile('x')
select writefile('x', 'y')
select * from pragma_table_info('t')
pragma table_info(t)
attach 'x' as y
replace into t values (1)""",
}
LEGAL = {
    "postgresql": """\
select * from calls
select a from t;
select a, b from s.calls where x = 'a;b' and y > 3 order by a limit 10
(select 1) union all (select 2)
with x as (select 1 as a) select * from x
select to_char(a, 'x'), date_trunc('day', a), a at time zone 'UTC', a::text from t
select count(*) filter (where b), coalesce(a, b), string_agg(a, ',') from t
select extract(epoch from a), nullif(a, b), interval '1 day', now() from t
select c.*, q.name from calls c left join queues q on q.id = c.queue_id
select distinct on (id) id, x from t order by id, x desc
select j #>> '{a,b}', j->>'a' from t where a ~ '^x'
select array_agg(a), unnest(b), generate_series(1, 3) from t
select max(a) over w from t window w as (partition by b)
select a from t where b in (select c from u) except select a from u
select case when a then 1 else 2 end, greatest(a, b), round(a, 2), md5(a) from t""",
    "mysql": """\
select date_format(a, '%Y'), unix_timestamp(a), if(a, b, c), ifnull(a, b) from t
select `a b` from `c`.`d` where e = "x"
select calldate, src, billsec from cdr where calldate >= '2026-01-01'
select json_unquote(a->'$.b'), from_unixtime(a), sec_to_time(b) from t""",
    "duckdb": "select a, epoch(b), strftime(a, '%Y') from t",
    "sqlite": """\
select strftime('%s', a), julianday(a), datetime(b, 'unixepoch'), typeof(a) from t""",
}


def listed(queries):
    return [(kind, query) for kind in queries for query in queries[kind].splitlines()]


def source(**database):
    return CallsSource.model_validate({"database": database})


@pytest.mark.parametrize(("kind", "query"), listed(HOSTILE))
def test_a_query_that_does_more_than_read_tables_is_refused(kind, query):
    with pytest.raises(ValueError, match=r"^query: "):
        check_query(query, kind)


@pytest.mark.parametrize(("kind", "query"), listed(LEGAL))
def test_a_query_that_reads_tables_passes(kind, query):
    check_query(query, kind)


def test_every_forbidden_part_is_one_that_the_parser_has():
    missing = [name for name in FORBIDDEN if not hasattr(expressions, name)]
    assert missing == []


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "duckdb", "sqlite"])
def test_what_is_no_sql_at_all_is_refused(kind):
    with pytest.raises(ValueError, match="no SELECT statement"):
        check_query("select from from where (", kind)


def test_an_endless_query_is_refused():
    with pytest.raises(ValueError, match="at most 20,000 characters"):
        check_query("select " + "a," * 20_000 + "a", "sqlite")


@pytest.mark.parametrize(
    ("url", "user", "password", "host", "port", "name"),
    [
        ("postgresql://u:p@h:5433/crm", "u", "p", "h", 5433, "crm"),
        ("postgres+psycopg://u@h/crm?sslmode=require", "u", "", "h", None, "crm"),
        ("mysql://u:a@b/c?#d@h/crm", "u", "a@b/c?#d", "h", None, "crm"),
        ("mariadb://u:a%40b@[::1]:3307/crm", "u", "a@b", "::1", 3307, "crm"),
        ("postgresql:///crm?host=/run/pg", "", "", "", None, "crm"),
        ("sqlite:///data/crm.db", "", "", "", None, "data/crm.db"),
        ("duckdb:////srv/crm.duckdb", "", "", "", None, "/srv/crm.duckdb"),
    ],
)
def test_an_address_is_taken_apart(url, user, password, host, port, name):
    found = parse_address(url)
    assert (found.user, found.password, found.host) == (user, password, host)
    assert (found.port, found.name) == (port, name)


@pytest.mark.parametrize(
    "url",
    [
        f"oracle://u:{SECRET}@h/x",
        f"u:{SECRET}@h",
        f"postgresql://u:{SECRET}@h:notaport/x",
        f"postgresql://u:{SECRET}@h",
        f"postgresql://u:{SECRET}@h/x?passfile=/etc/passwd",
        f"mysql://u:{SECRET}@h/x?read_default_file=/etc/my.cnf",
        f"sqlite://u:{SECRET}@h/x",
    ],
)
def test_a_wrong_address_is_refused_without_being_shown(url, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_URL", url)
    with pytest.raises(ConfigError, match=r"database\.url") as caught:
        load_config(config_file(tmp_path, "url: '${env:CRM_URL}', table: t"))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"table": "a", "query": "select 1"}, "either `table` or `query`"),
        ({}, "either `table` or `query`"),
        ({"table": "a..b"}, "schema.name"),
        ({"table": "a\x00b"}, "schema.name"),
        ({"query": "drop table x"}, "one SELECT"),
    ],
)
def test_exactly_one_readable_thing_is_named(given, says):
    with pytest.raises(ValidationError, match=says):
        DatabaseConfig.model_validate({"url": "sqlite:///a.db", **given})


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({}, "either `path` or `database`"),
        ({"path": "a.csv", "database": True}, "either `path` or `database`"),
        ({"reader": "csv", "database": True}, "csv reads files"),
        ({"reader": "database", "path": "a.csv"}, "needs a `database` section"),
        ({"path": "sqlite:///a.db"}, "the address of a database"),
    ],
)
def test_a_source_has_one_origin(section, says):
    if section.get("database"):
        section = section | {"database": {"url": "sqlite:///a.db", "table": "t"}}
    with pytest.raises(ValidationError, match=says):
        CallsSource.model_validate(section)


def config_file(folder, database, more=""):
    text = f"""
version: 1
project: canary
workspace: ws
time_zone: Europe/Warsaw
sources:
  calls: {{database: {{{database}}}}}
{more}
"""
    file = folder / "c.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    "database",
    [
        f"url: 'postgresql://u:{SECRET}@h/x', table: t",
        f"url: 'postgresql://${{env:CRM_USER}}:{SECRET}@h/x', table: t",
        f"url: 'postgresql://u:{SECRET}${{env:CRM_USER}}@h/x', table: t",
        f"url: 'u:{SECRET}@h', table: t",
        f"url: 'postgresql://u@h/x', password: {SECRET}, table: t",
        f"url: 'postgresql://u@h/x', password: [{SECRET}], table: t",
    ],
)
def test_a_password_in_the_config_itself_is_refused(database, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_USER", "u")
    with pytest.raises(ConfigError, match="for all to read") as caught:
        load_config(config_file(tmp_path, database))
    assert SECRET not in str(caught.value)
    assert re.search(r"c.yaml:\d+: sources.calls.database", str(caught.value))


def test_a_password_by_set_is_refused(tmp_path):
    file = config_file(tmp_path, "url: 'sqlite:///a.db', table: t")
    given = f"sources.calls.database.url=postgresql://u:{SECRET}@h/x"
    with pytest.raises(ConfigError, match="for all to read") as caught:
        load_config(file, [given])
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "more",
    [
        f"    path: 'postgresql://u:{SECRET}@h/x'",
        f"    database: 'postgresql://u:{SECRET}@h/x'",
        f"    database: ['postgresql://u:{SECRET}@h/x']",
    ],
)
def test_an_address_in_a_wrong_place_is_not_shown(more, tmp_path):
    file = config_file(tmp_path, "url: 'sqlite:///a.db', table: t")
    text = file.read_text().replace(
        "  calls: {database: {url: 'sqlite:///a.db', table: t}}", "  calls:"
    )
    file.write_text(text.replace("  calls:", f"  calls:\n{more}"))
    with pytest.raises(ConfigError, match=r"sources\.calls") as caught:
        load_config(file)
    assert SECRET not in str(caught.value)


def test_a_password_from_the_environment_is_in_nothing_that_is_written(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("CRM_URL", f"postgresql://u:{SECRET}@h/x")
    monkeypatch.setenv("CRM_PASSWORD", SECRET)
    database = "url: '${env:CRM_URL}', password: '${env:CRM_PASSWORD}', table: t"
    config = load_config(config_file(tmp_path, database))
    found = config.sources.calls.database
    assert found.address.password == SECRET
    for shown in (
        repr(config),
        str(config.model_dump()),
        config.model_dump_json(),
        repr(found.address),
        found.label,
    ):
        assert SECRET not in shown
    monkeypatch.setenv("CRM_PASSWORD", "another")
    other = load_config(config_file(tmp_path, database))
    assert fingerprint(other) == fingerprint(config)
