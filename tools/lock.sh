#!/bin/sh
# Writes requirements.lock: one exact version of each package for all of
# CPython 3.11 and later, on Linux and macOS. Keeps the versions it finds there
# unless UPGRADE is set.
set -eu

uv=$(command -v uv || echo .venv/bin/uv)
[ -x "$uv" ] || .venv/bin/python -m pip install -qq --disable-pip-version-check uv

"$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 \
    --extra serve --extra load --extra parquet --group dev --group bench \
    --custom-compile-command 'make lock' --no-emit-index-url --no-emit-find-links \
    ${UPGRADE:+--upgrade} --output-file requirements.lock
