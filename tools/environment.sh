#!/bin/sh
# Makes or refreshes .venv: the locked packages and pullfeed itself, editable.
# Does nothing where it already is what pyproject.toml and the lock ask for.
# PYTHON names the interpreter; without it the one of .venv, else the first that fits.
set -eu

venv=.venv
stamp=$venv/.stamp
describe='import sys; print(sys.base_prefix, *sys.version_info[:3])'

fail() {
    echo "pullfeed: $1" >&2
    exit 3
}

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

interpreter() {
    if [ -n "${PYTHON:-}" ]; then
        fits "$PYTHON" || fail "Python 3.11 or newer is needed, and PYTHON=$PYTHON is none: name another."
        echo "$PYTHON"
        return
    fi
    for name in $venv/bin/python python3 python3.14 python3.13 python3.12 python3.11; do
        if fits "$name"; then
            echo "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed, and none is on PATH: install one, or name it with PYTHON=/path/to/python3."
}

create() {
    echo "Setting up $venv with Python $("$1" -c 'import platform; print(platform.python_version())'); the first time takes a minute." >&2
    if command -v uv >/dev/null; then
        uv venv --quiet --clear --python "$1" $venv
        return
    fi
    "$1" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$1 comes without venv: install it (on Debian and Ubuntu: apt install python3-venv), or install uv."
    "$1" -m venv --clear $venv
}

install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --python $venv/bin/python "$@"
    else
        $venv/bin/python -m pip install -qq --disable-pip-version-check "$@"
    fi
}

python=$(interpreter)
home="$(pwd) $("$python" -c "$describe")"
wanted="$home $(cat pyproject.toml requirements.lock tools/environment.sh | cksum)"
found=$(cat $stamp 2>/dev/null || true)
[ "$found" != "$wanted" ] || exit 0

# Another folder or interpreter: the scripts in it point elsewhere, so it is made anew.
case $found in
    "$home "*) ;;
    *) create "$("$python" -c 'import sys; print(sys._base_executable)')" ;;
esac
echo "$home unfinished" >$stamp
install -r requirements.lock
# hatchling is in the lock: no second download, no unpinned build.
install --no-deps --no-build-isolation --editable .
echo "$wanted" >$stamp
