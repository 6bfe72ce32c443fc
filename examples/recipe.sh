#!/usr/bin/env bash
# Runs a recipe, a TOML file that names the steps from problems to training data (docs/recipes.md):
#
#   examples/recipe.sh examples/preview.toml --set folder=data --dry-run
#   examples/recipe.sh examples/preview.toml --set folder=data
#
# Paths in the recipe start at the root of this repository. After an interruption, run the same command again.
set -euo pipefail
[ $# -eq 0 ] || [ ! -f "$1" ] || set -- "$(realpath "$1")" "${@:2}"
cd "$(dirname "$0")/.."
exec "${PYTHON:-python}" -m util.run.recipe "$@"
