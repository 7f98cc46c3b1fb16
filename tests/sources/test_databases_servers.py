"""What holds of every server as a source: batches, watermarks, faults, no writing."""

from pathlib import Path

import mariadb
import postgres
import pytest
from database_rows import (
    PLACE,
    assert_one_sentence,
    batches_of,
    column_of,
    complaint,
    rows_of,
)
from database_rows import database_source as source
from database_servers import MAKES, require

from ccml.config.databases import DatabaseConfig
from ccml.sources import databases_mysql, databases_postgresql
from ccml.sources.databases import check_database, pull, pull_batches, watermark_of

DRIVERS = {"postgresql": databases_postgresql, "mysql": databases_mysql}
PASSWORDS = (postgres.ADMIN_PASSWORD, mariadb.ADMIN_PASSWORD)


@pytest.fixture(scope="module", params=MAKES)
def make(request):
    require(MAKES[request.param])
    return MAKES[request.param]


@pytest.fixture(scope="module")
def server(make):
    with make.start() as running:
        running.run(*make.fill)
        yield running


def test_batches_have_their_size_and_numbers_go_on(shared_backend, server):
    many = source(server.url(), table="many", batch_rows=7000)
    found = batches_of(shared_backend, many)
    assert [len(rows) for rows in found] == [7000, 7000, 6000]
    numbers = [row["_row_no"] for rows in found for row in rows]
    assert numbers == list(range(1, 20_001))
    assert len(rows_of(shared_backend, many, limit=5)) == 5


def test_one_may_stop_before_the_end(shared_backend, make, server):
    endless = source(server.url(), query=make.endless, batch_rows=10)
    found = pull_batches(shared_backend, endless, PLACE)
    assert next(found).rows.count().execute() == 10
    found.close()


@pytest.mark.parametrize(
    ("mark", "kept"),
    [("at", [3, 4]), ("id", [4]), ("note", [3, 4]), ("day", [1, 2, 3, 4])],
)
def test_a_watermark_reads_newer_rows_ties_and_rows_without(
    shared_backend, server, mark, kept
):
    query = "select id, at, note, date(at) as day from few"
    few = source(server.url(), query=query, watermark=mark, overlap_minutes=0)
    seen = watermark_of(pull(shared_backend, few, PLACE), few)
    assert column_of(shared_backend, few, "id", after=seen) == kept


def test_an_overlap_reads_older_rows_again(shared_backend, server):
    few = source(server.url(), table="few", watermark="at", overlap_minutes=60)
    mark = watermark_of(pull(shared_backend, few, PLACE), few)
    assert mark == "2026-03-01T12:00:00+00:00"
    assert column_of(shared_backend, few, "id", after=mark) == [2, 3, 4]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"table": "man"}, "Did you mean 'many'"),
        ({"query": "select nothing from few"}, "a column or function"),
        ({"query": "select * from nothing"}, "a table or schema"),
        ({"query": "select 1 as a, 2 as A"}, "two of its columns have one name"),
        ({"query": "select 1 as _row_no"}, "names that ccml gives"),
        ({"table": "few", "watermark": "att"}, "Did you mean 'at'"),
        ({"table": "writer"}, "it would change something"),
        (
            {"query": "select count(*) as n from many a, many b", "timeout_s": 1},
            "stopped after this time, 1 s",
        ),
    ],
)
def test_each_fault_is_one_sentence(shared_backend, server, how, says):
    text = complaint(shared_backend, source(server.url(), **how))
    assert_one_sentence(text, says)
    assert not any(password in text for password in PASSWORDS)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "canary-wrong"}, "refused the login"),
        ({"user": "canary-user"}, "refused the login"),
        ({"name": "canary-name"}, "no such database"),
        ({"user": "poor", "password": "poor-password"}, "may not read it"),
    ],
)
def test_a_login_that_fails_is_told_without_it(
    shared_backend, server, change, says, capfd
):
    text = complaint(shared_backend, source(server.url(**change), table="many"))
    shown = text + "".join(capfd.readouterr())
    assert says in text
    assert not any(word in shown for word in ("canary", "poor", *PASSWORDS))


def test_the_session_cannot_write(make, server):
    driver = DRIVERS[make.scheme].driver()
    connection = driver.connect(DatabaseConfig(url=server.url(), table="few"), Path())
    with (
        connection.cursor() as cursor,
        pytest.raises(Exception, match=make.read_only) as caught,
    ):
        cursor.execute("delete from few")
    assert driver.fault(caught.value) == "write"
    connection.close()


def test_columns_are_checked_without_reading(make, server):
    for table in ("few", f"{make.schema}.few"):
        kinds = check_database(source(server.url(), table=table), PLACE)
        assert kinds == {"id": "number", "at": "instant", "note": "text"}


def test_a_server_that_goes_away_is_told(shared_backend, make):
    with make.start() as passing:
        endless = source(passing.url(), query=make.endless, batch_rows=1000)
        found = pull_batches(shared_backend, endless, PLACE)
        next(found)
        passing.stop()
        with pytest.raises(Exception, match=r"connection broke after [\d,]+ rows"):
            list(found)


@pytest.mark.parametrize("name", MAKES)
def test_a_server_that_is_not_there_is_told(shared_backend, name):
    pytest.importorskip(MAKES[name].package, reason=f"needs {MAKES[name].package}")
    url = f"{MAKES[name].scheme}://u:canary-pass@127.0.0.1:1/crm"
    text = complaint(shared_backend, source(url, table="few"))
    assert "no server answers" in text
    assert "canary" not in text
