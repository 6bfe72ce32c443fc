#!/usr/bin/env bash
# Sets up .venv and runs the tests. Arguments are passed to pytest:
#   ./run_tests.sh                      all tests, including those with real engines (about 35 minutes on 2 cores)
#   ./run_tests.sh -m "not engine"      the fast tests (with -n 2 --dist loadfile about 18 minutes)
set -euo pipefail
cd "$(dirname "$0")"
. ./setup_env.sh
engine=$(engine_requirements)
# shellcheck disable=SC2086 # two file names
setup_env $engine requirements-dev.txt
export HF_HUB_OFFLINE=1
"$PY" -m samples.model >/dev/null
if [ $# -gt 0 ]; then exec "$PY" -m pytest "$@"; fi
status=0
"$PY" -m pytest -m "not engine" -n 2 --dist loadfile || status=$?
# Most of the remaining time is engine starts, each of which uses one core: run two at a time. A GPU holds only one engine.
case "$engine" in *cpu*) two="-n 2 --dist loadgroup" ;; *) two="" ;; esac
# shellcheck disable=SC2086 # several words
"$PY" -m pytest -m engine $two || status=$?
exit $status
