#!/usr/bin/env bash
# Sourced by quickstart.sh and run_tests.sh: creates .venv in this folder, once per set of requirements.
# Usage: setup_env REQUIREMENTS_FILE...   Sets PY to the Python of .venv.

die() { printf '\nerror: %s\n' "$*" >&2; exit 1; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      echo "$candidate"; return
    fi
  done
  die "no Python 3.11 to 3.13 with venv found. Install one (Debian: apt-get install python3 python3-venv), or set PYTHON=/path/to/python."
}

# Prints the requirements files for this machine: vLLM for GPUs if there is one, else vLLM for CPUs.
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
    die "no C compiler found; vLLM needs one. Install one (Debian: apt-get install gcc)."
  PY="$PWD/.venv/bin/python"
  stamp=.venv/.done-$(cat "$@" | sha256sum | cut -c1-16)
  if [ -e "$stamp" ]; then return; fi
  echo "== setting up .venv with $("$python" --version) (takes some minutes the first time)"
  # An environment whose creation was interrupted has no pip: create it again.
  "$PY" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
  for file in "$@"; do
    case "$file" in
      requirements.txt) "$PY" -m pip install -q --disable-pip-version-check -r "$file" || die "pip could not install $file (see the error above). Rerun this script after fixing the cause." ;;
      *) install_pinned "$file" ;;
    esac
  done
  # Compile now: if Python cannot write to .venv later, every engine start would compile again, for a minute.
  # compileall uses all cores, pip only one. It exits with 1 because some packages contain templates that are not Python.
  "$PY" -m compileall -qq -j 0 -x '/tests?/' .venv/lib/python*/site-packages || true
  touch "$stamp"
}

# The list is complete: --no-deps keeps pip from adding the CUDA builds that are left out on purpose.
# --no-compile: setup_env compiles afterwards.
install_pinned() {
  "$PY" -m pip install -q --disable-pip-version-check --no-compile --no-deps -r "$1" 2> >(grep -v '^WARNING: Location' >&2) ||
    die "pip could not install $1 (see the error above). Rerun this script: it continues where it stopped."
}
