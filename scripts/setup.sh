#!/bin/sh
# Makes the environment: uv first (into .uv), then the locked packages (into .venv).
# Needs Python 3.11 to 3.13 with pip or ensurepip, or uv on the PATH. Nothing outside
# this folder is changed, so a system Python that forbids pip is fine.
set -eu

PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
UV_VERSION=0.13.9
export UV_PYTHON_DOWNLOADS=never
export UV_LINK_MODE=${UV_LINK_MODE:-copy}

stop() {
    echo "setup: $1" >&2
    exit 1
}

"$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    stop "$PYTHON is not Python 3.11 to 3.13; call make PYTHON=/path/to/python3.12 ..."

find_uv() {
    if [ -x .uv/bin/uv ]; then
        UV=.uv/bin/uv
    elif command -v uv >/dev/null 2>&1; then
        UV=$(command -v uv)
    else
        fetch_uv
        UV=.uv/bin/uv
    fi
}

# A Debian Python may lack ensurepip, or pip, but seldom both; pip may install into a
# folder of its own even where it must not touch the system.
fetch_uv() {
    echo "setup: fetching uv $UV_VERSION into .uv"
    if "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
        "$PYTHON" -m venv .uv
        .uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
    elif "$PYTHON" -m pip --version >/dev/null 2>&1; then
        "$PYTHON" -m pip install --quiet --disable-pip-version-check --target .uv "uv==$UV_VERSION"
    else
        stop "$PYTHON has neither ensurepip nor pip; run: apt-get install python3-venv"
    fi
}

find_uv
if [ "${1:-}" = --lock ]; then
    exec "$UV" pip compile pyproject.toml --group dev --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-annotate --no-header \
        --upgrade --quiet --output-file requirements.lock
fi

[ -x "$VENV/bin/python" ] || "$UV" venv --quiet --python "$PYTHON" "$VENV"
echo "setup: installing the locked packages into $VENV"
"$UV" pip sync --quiet --python "$VENV/bin/python" --require-hashes requirements.lock
"$UV" pip install --quiet --python "$VENV/bin/python" --offline \
    --no-deps --no-build-isolation --editable .
