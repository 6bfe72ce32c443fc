#!/usr/bin/env bash
# Sets up .venv and runs the whole pipeline on the embedded model and problems: generate, format, check,
# training data, a benchmark, a report. Needs no GPU and no access to the Hub.
set -euo pipefail
cd "$(dirname "$0")"
. ./setup_env.sh
case "${1:-}" in -h | --help) exec "$(find_python)" -m samples.quickstart --help ;; esac
# shellcheck disable=SC2046 # two file names
setup_env $(engine_requirements)
export HF_HUB_OFFLINE=1
exec "$PY" -m samples.quickstart "$@"
