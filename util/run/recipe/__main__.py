"""Run a whole recipe from one file: labels, generation, checks, training data, proof.

    python -m util.run.recipe --example modern > recipe.toml    # a commented recipe to begin with
    python -m util.run.recipe recipe.toml --dry-run             # check every option; print the commands
    python -m util.run.recipe recipe.toml --set folder=/scratch/run1 --set tp=8
    python -m util.run.recipe recipe.toml                       # the same again goes on where it stopped
    python -m util.run.recipe recipe.toml --from data           # make the training data and what follows once more

Each step runs one of the suite's scripts. A step that is complete is not run again, unless its options, its input files or a
step before it have changed. Ctrl-C ends the running step as it would alone. docs/recipes.md describes the file.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the imports that take time
    from util.system import early  # noqa: F401

import argparse
from collections.abc import Sequence
from pathlib import Path

from util.run.recipe.placeholders import hint
from util.system import cli
from util.system.errors import UserError
from util.system.project import ROOT

EXAMPLES = ROOT / "examples"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("recipe", type=Path, nargs="?", metavar="FILE", help="the recipe, a TOML file")
    parser.add_argument("--example", metavar="NAME", help="print a commented example (preview, modern), and end")
    parser.add_argument("--dry-run", action="store_true", help="check all options and print each command, then end")
    parser.add_argument(
        "--from", dest="first", metavar="STEP", help="run this step and all later ones again, nothing before"
    )
    parser.add_argument("--only", metavar="STEP", help="run this step again, nothing else")
    parser.add_argument(
        "--overwrite", action="append", default=[], metavar="STEP",
        help="start this step over although its settings have changed (its script's own --overwrite; old files are kept)",
    )  # fmt: skip
    parser.add_argument(
        "--keep-going", action="store_true", help="after a failure, go on with everything that does not depend on it"
    )
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="NAME=VALUE",
        help="another value for folder or a name of [models] or [vars]",
    )  # fmt: skip
    args = parser.parse_args(arguments)
    if (args.recipe is None) == (args.example is None):
        parser.error("name a recipe FILE, or --example NAME to print one")
    if args.first and args.only:
        parser.error("--from and --only exclude each other")
    for setting in args.settings:
        if not setting.partition("=")[2]:
            parser.error(f"--set {setting}: expected NAME=VALUE")
    return args


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    if args.example:
        print(example(args.example), end="")
        return 0
    from util.run.recipe import recipe_run
    from util.run.recipe.recipe_file import read_recipe

    settings = {name: value for name, _, value in (setting.partition("=") for setting in args.settings)}
    recipe = read_recipe(args.recipe, settings)
    choice = recipe_run.RunChoice(args.first, args.only, tuple(args.overwrite), args.keep_going)
    return recipe_run.plan(recipe, choice) if args.dry_run else recipe_run.run(recipe, choice)


def example(name: str) -> str:
    """The text of an example recipe.

    Raises:
        UserError: there is none of this name.
    """
    names = sorted(path.stem for path in EXAMPLES.glob("*.toml"))
    if name not in names:
        raise UserError(f"--example {name}: there is no such example; {hint(name, names)}")
    return (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
