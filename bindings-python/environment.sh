# An environment of Python's for tests and benchmarks; to be read by a script in this folder.

# environment FOLDER REQUIREMENTS: makes it on first use, installs what is asked for where that changed, and enters it.
# A Python without venv (Debian's) gets one from PyPI's virtualenv, which needs pip alone; without pip it says what to do.
environment() {
    python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
        echo "Python 3.10 or newer is needed: set PYTHON" >&2
        exit 2
    }
    if [ ! -x "$1/bin/pip" ]; then
        rm -rf "$1"
        if ! "$python" -m venv "$1" 2>/dev/null; then
            rm -rf "$1"
            without_venv "$1"
        fi
    fi
    VIRTUAL_ENV=$(cd "$1" && pwd)
    PATH="$VIRTUAL_ENV/bin:$PATH"
    export VIRTUAL_ENV PATH
    if ! cmp -s "$2" "$VIRTUAL_ENV/requirements.txt"; then
        pip install --quiet --disable-pip-version-check --requirement "$2"
        cp "$2" "$VIRTUAL_ENV/requirements.txt"
    fi
}

without_venv() {
    if "$python" -m virtualenv --version >/dev/null 2>&1; then
        "$python" -m virtualenv --quiet "$1"
    elif command -v uv >/dev/null 2>&1; then
        uv venv --quiet --seed --python "$python" "$1"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        # Into a folder of its own: the system's packages stay as they are.
        "$python" -m pip install --quiet --disable-pip-version-check --target "$1.tool" virtualenv
        PYTHONPATH="$1.tool" "$python" -m virtualenv --quiet "$1"
        rm -rf "$1.tool"
    elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get install --yes --quiet python3-venv >/dev/null
        "$python" -m venv "$1"
    else
        echo "$python has neither venv nor pip: on Debian and Ubuntu, apt-get install python3-venv" >&2
        exit 2
    fi
}
