#!/usr/bin/env bash
# Sourced by quickstart.sh and run_tests.sh: makes .venv beside it, once per set of requirements.
# Usage: setup_env REQUIREMENTS_FILE...   Sets PY to the environment's Python.

die() { printf '\nerror: %s\n' "$*" >&2; exit 1; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      echo "$candidate"; return
    fi
  done
  die "Python 3.11 to 3.13 with venv is needed (Debian: apt-get install python3 python3-venv). Set PYTHON=... to choose one."
}

# The requirements files of this machine's engine.
engine_requirements() {
  local gpus
  gpus=$(nvidia-smi -L 2>/dev/null) || gpus=""
  case "$gpus" in
    *GPU*) echo requirements.txt requirements-embedded.txt ;;
    *) echo requirements-cpu.txt requirements-embedded.txt ;;
  esac
}

setup_env() {
  local python stamp file
  python=$(find_python) || exit 1
  command -v gcc >/dev/null 2>&1 || command -v cc >/dev/null 2>&1 ||
    die "a C compiler is needed by vLLM (Debian: apt-get install gcc)."
  PY="$PWD/.venv/bin/python"
  stamp=.venv/.done-$(cat "$@" | sha256sum | cut -c1-16)
  if [ -e "$stamp" ]; then return; fi
  echo "== setting up .venv with $("$python" --version) (some minutes the first time)"
  # An environment whose making was interrupted has no pip: it is made anew.
  "$PY" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
  for file in "$@"; do
    case "$file" in
      requirements.txt) "$PY" -m pip install -q --disable-pip-version-check -r "$file" || die "pip could not install $file (see above)." ;;
      *) install_pinned "$file" ;;
    esac
  done
  # Every start of an engine would compile again what is not compiled here, where Python may not write: a minute each.
  # compileall uses all cores, pip one. Its status is 1 for some packages' templates, which are no Python.
  "$PY" -m compileall -qq -j 0 -x '/tests?/' .venv/lib/python*/site-packages || true
  touch "$stamp"
}

# A complete list: --no-deps keeps pip from adding the CUDA builds that it leaves out. --no-compile: setup_env compiles.
install_pinned() {
  "$PY" -m pip install -q --disable-pip-version-check --no-compile --no-deps -r "$1" 2> >(grep -v '^WARNING: Location' >&2) ||
    die "pip could not install $1 (see above). Rerun this script: it continues where it stopped."
}
