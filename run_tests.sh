#!/usr/bin/env bash
# Sets up the environment and passes the tests. Arguments go to pytest:
#   ./run_tests.sh                      everything, real engine included
#   ./run_tests.sh -m "not engine"      the fast ones
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
"$PY" -m pytest -m "not engine" || status=$?
# Starting engines is most of the rest, and each start keeps one core busy. But one engine fills a GPU.
case "$engine" in *cpu*) two="-n 2 --dist loadgroup" ;; *) two="" ;; esac
# shellcheck disable=SC2086 # several words
"$PY" -m pytest -m engine $two || status=$?
exit $status
