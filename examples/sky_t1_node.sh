#!/usr/bin/env bash
# The complete recipe of Sky-T1-Preview on one node: six generation runs, format, check, training data.
#
#   MODEL=Qwen/QwQ-32B-Preview TP=8 DATA=data KEYS=keys.txt examples/sky_t1_node.sh
#
# Every step resumes where it stopped: after an interruption, run the same command again.
# KEYS: file with OpenAI keys for the rewrite by GPT-4o-mini; without it the rules rewrite (free, but fewer are kept).
# STILL2: a JSON Lines file of RUC-AIBOX/long_form_thought_data_5k, for its science and puzzle rows.
# EXTRA: more options for generation, such as "--backend ray"; CHECK_EXTRA: for the checks (see sky_t1_ray.sh).
set -euo pipefail
cd "$(dirname "$0")/.."

MODEL=${MODEL:-Qwen/QwQ-32B-Preview}
TP=${TP:-8}
DATA=${DATA:-data}
PYTHON=${PYTHON:-python}
read -r -a EXTRA <<<"${EXTRA:-}"
read -r -a CHECK_EXTRA <<<"${CHECK_EXTRA:-}"

common=(--model "$MODEL" --tp "$TP" --max_tokens 16384 --result-dir "$DATA")

selections=(
  "--dataset APPS --split test --source all"
  "--dataset TACO --split train --source MEDIUM --filter-difficulty"
  "--dataset TACO --split test --source all"
  "--dataset NUMINA --split train --source math --filter-difficulty"
  "--dataset NUMINA --split train --source amc_aime --filter-difficulty"
  "--dataset NUMINA --split train --source olympiads --end 20000 --filter-difficulty"
)

step() { printf '\n== %s\n' "$*"; "$@"; }

# A run in which too many requests or checks failed must not stop the others; it is listed at the end.
failed=()
for selection in "${selections[@]}"; do
  read -r -a words <<<"$selection"
  step "$PYTHON" inference_and_check.py "${words[@]}" "${common[@]}" "${EXTRA[@]}" --inference || failed+=("$selection")
done

if [ -n "${KEYS:-}" ]; then
  step "$PYTHON" convert_format.py --input_dir "$DATA" --keys "$KEYS"
else
  step "$PYTHON" convert_format.py --input_dir "$DATA" --rewriter rules
fi

for selection in "${selections[@]}"; do
  read -r -a words <<<"$selection"
  step "$PYTHON" inference_and_check.py "${words[@]}" "${common[@]}" "${CHECK_EXTRA[@]}" --check || failed+=("$selection")
done

extra=()
if [ -n "${STILL2:-}" ]; then extra=(--extra "$STILL2"); fi
step "$PYTHON" convert_to_data.py --input_dir "$DATA" --output "$DATA/train_data.json" \
  --decontaminate AIME,MATH500,GPQADiamond "${extra[@]}"
step "$PYTHON" -m util.report "$DATA" --output "$DATA/report.html"

if [ "${#failed[@]}" -gt 0 ]; then
  printf 'a run is incomplete (see the errors above; run this script again to retry): %s\n' "${failed[@]}" >&2
  exit 1
fi
