#!/usr/bin/env bash
# Sets everything up and runs the whole pipeline on the embedded model and problems:
# generate -> format -> check -> training data, then a benchmark. No GPU, no Hub needed.
set -euo pipefail
cd "$(dirname "$0")"
. ./setup_env.sh
# shellcheck disable=SC2046 # two file names
setup_env $(engine_requirements)
export HF_HUB_OFFLINE=1
exec "$PY" -m samples.quickstart "$@"
