"""A real MariaDB server for tests, on the loopback interface only."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from postgres import SERVICE_USER, free_port, give, service_user

ADMIN_PASSWORD = "made-up-root-password"  # noqa: S105
NAME = "crm"
PROGRAM = "mariadbd"
SYSTEM_TABLES = Path("/usr/share/mysql")
SCRIPTS = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
WAIT_S = 30


@dataclass(frozen=True)
class MariadbServer:
    """A running server that asks everyone for a password."""

    port: int
    process: subprocess.Popen[bytes]

    def url(
        self, user: str = "root", password: str = ADMIN_PASSWORD, name: str = NAME
    ) -> str:
        """Write the address of a database."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"mysql://{login}@127.0.0.1:{self.port}/{name}"

    def run(self, *statements: str, name: str = NAME) -> None:
        """Execute statements as the administrator."""
        import pymysql

        with (
            pymysql.connect(
                host="127.0.0.1",
                port=self.port,
                user="root",
                password=ADMIN_PASSWORD,
                database=name or None,
                autocommit=True,
            ) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)

    def stop(self) -> None:
        """Stop the server at once, as a crash would."""
        self.process.kill()
        self.process.wait()


def has_server() -> bool:
    """Tell whether a server can be started here."""
    scripts = [SYSTEM_TABLES / script for script in SCRIPTS]
    return bool(_program()) and all(script.is_file() for script in scripts)


def _program() -> str | None:
    return shutil.which(PROGRAM) or shutil.which(PROGRAM, path="/usr/sbin")


@contextmanager
def mariadb_server() -> Iterator[MariadbServer]:
    """Run a server with an empty database; all of it is gone at the end."""
    # Sockets have short paths, so the folder is not the test's own.
    with tempfile.TemporaryDirectory(prefix="ccml-my-", dir="/tmp") as folder:
        home = Path(folder)
        (home / "data").mkdir()
        give(home)
        give(home / "data")
        _fill(home)
        server = _started(home)
        try:
            yield server
        finally:
            server.stop()


def _command(home: Path, *more: str) -> list[str]:
    return [
        str(_program()),
        "--no-defaults",
        f"--datadir={home / 'data'}",
        f"--tmpdir={home}",
        f"--user={SERVICE_USER}" if service_user() else "--console",
        "--character-set-server=utf8mb4",
        "--innodb-buffer-pool-size=32M",
        "--innodb-log-file-size=16M",
        "--innodb-flush-log-at-trx-commit=0",
        *more,
    ]


def _fill(home: Path) -> None:
    scripts = [(SYSTEM_TABLES / script).read_text() for script in SCRIPTS]
    start = [f"create database mysql;\ncreate database {NAME};\nuse mysql;\n"]
    login = (
        "flush privileges;\n"
        f"create or replace user root@'127.0.0.1' identified by '{ADMIN_PASSWORD}';\n"
        "grant all on *.* to root@'127.0.0.1' with grant option;\n"
    )
    subprocess.run(
        _command(home, "--bootstrap", "--skip-networking"),
        input="\n".join([*start, *scripts, login]).encode(),
        capture_output=True,
        check=True,
    )


def _started(home: Path) -> MariadbServer:
    import pymysql

    port = free_port()
    command = _command(
        home,
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--socket={home / 's'}",
        f"--pid-file={home / 'pid'}",
        "--skip-name-resolve",
    )
    log = (home / "log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log)
    log.close()
    server = MariadbServer(port, process)
    for _ in range(WAIT_S * 10):
        with suppress(pymysql.err.OperationalError):
            server.run("select 1")
            return server
        if process.poll() is not None:
            break
        time.sleep(0.1)
    server.stop()
    raise RuntimeError(f"MariaDB did not start: {(home / 'log').read_text()[-2000:]}")
