"""Arguments that no script takes: each is one message with what may be meant, and ends with status 2."""

from __future__ import annotations

import importlib

import pytest

BAD = [
    ("inference_and_check", "--temprature 0.5", "unknown option --temprature; did you mean --temperatures?"),
    ("inference_and_check", "--dataset MATH500 --model m -n 4", "unknown option -n; did you mean --n?"),
    ("inference_and_check", "--dataset=MATH500 --modle=m", "unknown option --modle; did you mean --model?"),
    ("inference_and_check", "--dataset MATH500 \u2013model m", "unknown option \u2013model (a typographic dash; options begin "
     "with two hyphens); did you mean --model?"),
    ("inference_and_check", "--maxtokens 5 --overwite", "unknown option --maxtokens; did you mean --max-tokens? unknown "
     "option --overwite; did you mean --overwrite?"),
    ("inference_and_check", "--dataset MATH500 --model m --zzz", "unknown option --zzz"),
    ("inference_and_check", "--dataset MATH500 --model m --backend vlm", "argument --backend: there is no 'vlm'; did you mean "
     "vllm? there are vllm, ray, openai"),
    ("inference_and_check", "--dataset MATH500 --model m --best-of-n-by majorty", "argument --best-of-n-by: there is no "
     "'majorty'; did you mean majority? there are shortest, longest, logprob, majority, reward"),
    ("inference_and_check", "--dataset MATH500", "the following arguments are required: --model"),
    ("inference_and_check", "--dataset MATH500 --model m --n two", "argument --n: must be an integer of at least 1, not 'two'"),
    ("inference_and_check", "--dataset MATH500 --model m --temperatures 3", "argument --temperatures: must be a number from 0 "
     "to 2, not '3'"),
    ("eval", "--eval MATH500 --model m", "unknown option --eval; did you mean --evals?"),
    ("eval", "--model m --evals AIME --dataset-path AIME25=x", "--dataset-path AIME25=x: 'AIME25' is not among --evals"),
    ("convert_to_data", "--input_dir x --ouput y", "unknown option --ouput; did you mean --output?"),
    ("convert_to_data", "--input-dir x --output y --format mesages", "argument --format: there is no 'mesages'; did you mean "
     "messages? there are sharegpt, messages, prompt-completion, preference, ranking, verl, rlvr"),
    ("convert_format", "--input-dir x --rewriter rule", "argument --rewriter: there is no 'rule'; did you mean rules? there are "
     "api, rules"),
    ("label_math_difficulty", "--sources math", "unknown option --sources; did you mean --source?"),
    ("util.hub.__main__", "--chek", "unknown option --chek; did you mean --check?"),
    ("util.hub.__main__", "AIME", "unrecognized arguments: AIME"),
    ("util.report.__main__", "x --out y", "unknown option --out; did you mean --output?"),
    ("util.training.verify", "t.json --inputdir x", "unknown option --inputdir; did you mean --input-dir?"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "words", "message"), BAD)
def test_a_bad_argument_is_one_message(
    script: str, words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(script).main(words.split())
    shown = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert shown[0].partition(": error: ")[2] == message
    assert shown[1:] == [shown[1]]
    assert shown[1].endswith(" --help lists all options.")
