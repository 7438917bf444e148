#!/bin/sh
# Tries the documented call from Node with the packages of examples/node.
set -eu

if ! command -v npm >/dev/null; then
    echo "npm is not on PATH: the Node example is not tried." >&2
    exit 0
fi
npm --prefix examples/node install --silent --no-audit --no-fund --no-package-lock
.venv/bin/pytest tests/integration/test_internal_services.py -k node
