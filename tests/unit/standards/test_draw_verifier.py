"""The stand-alone verifier as anybody runs it on the transcript he downloaded."""

import json
from pathlib import Path

import pytest

from tests.support.draws import drawn, run


def test_a_whole_transcript_is_said_to_hold(tmp_path: Path) -> None:
    path = tmp_path / "transcript.json"
    path.write_text(json.dumps(drawn(12)))
    found = run(path)
    assert found.returncode == 0 and "✗" not in found.stdout and found.stdout.endswith("记录完整一致\n")


def test_a_changed_name_is_named_and_fails(tmp_path: Path) -> None:
    told, path = drawn(12), tmp_path / "transcript.json"
    told["candidates"][3]["name"] = "某机构"
    path.write_text(json.dumps(told))
    found = run(path)
    assert found.returncode == 1 and "✗ 候选名单与名单根相符" in found.stdout and found.stderr == ""


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', '{"notice": {}}', "[" * 100_000, "NaN"])
def test_whatever_else_it_is_given_it_says_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "transcript.json"
    path.write_text(content)
    found = run(path)
    assert found.returncode == 1 and "缺失或格式有误" in found.stdout and found.stderr == ""


def test_a_draw_that_is_not_made_yet_is_said_to_have_no_result(tmp_path: Path) -> None:
    told, path = drawn(3), tmp_path / "transcript.json"
    told |= {"seed": None, "order": None, "winner": None}
    path.write_text(json.dumps(told))
    found = run(path)
    assert found.returncode == 1 and "尚无结果" in found.stdout


def test_without_a_file_it_says_how_it_is_used(tmp_path: Path) -> None:
    assert run(tmp_path / "none.json").returncode == 1
