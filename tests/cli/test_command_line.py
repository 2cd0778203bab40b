"""What holds for every command."""

import re
import shlex

import pytest
import typer
from tests.planning_examples import example_plan

from spikedim import __version__, report
from spikedim.cli._app import app, hoist


def commands(group=None, path=()):
    """Return the path of every command and group."""
    group = group or typer.main.get_command(app)
    found = [path]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize("path", commands(), ids=lambda path: "-".join(path) or "root")
def test_help_has_an_example_that_runs(run, asked, monkeypatch, tmp_path, path):
    text = run(*path, "--help").out
    assert max(map(len, text.splitlines())) <= 100
    found = re.search(r"Example: (spikedim .*)\Z", text, re.DOTALL)
    words = shlex.split(found[1])[1:]
    assert not path or words[0] == path[0]
    monkeypatch.chdir(tmp_path)
    for page in ("plan_page", "measurement_page", "evaluation_page"):
        monkeypatch.setattr(report, page, lambda *_, **__: "<!DOCTYPE html>")
    for name in ("before", "after"):
        example_plan().to_json(tmp_path / f"{name}.json")
    got = run(*words)
    assert (got.code, got.err) == (0, "")


def test_short_help_and_no_command_show_the_same(run):
    assert run("-h").out == run("--help").out == run().out


def test_groups_without_a_command_show_their_help(run):
    assert run("data").out == run("data", "--help").out
    assert run("model").out == run("model", "--help").out


def test_summaries_of_commands_are_not_cut(run):
    for path in ((), ("data",), ("model",)):
        assert re.search(r"\w\.\.\.$", run(*path, "--help").out, re.MULTILINE) is None


def test_version(run):
    assert run("--version").out == run("plan", "--version").out == f"spikedim {__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("pla",), "Error: No such command 'pla'. Did you mean 'plan'? See: spikedim --help\n"),
        (("plan", "--epsilo", "1"), "--epsilon"),
        (("plan", "--rate", "x"), "Invalid value for '--rate'"),
        (("plan", "--threads", "0"), "Invalid value for '--threads'"),
        (("plan", "--device", "gpu"), "`device` must be one of cpu; got 'gpu'"),
        (("plan", "--threads"), "--threads"),
        (("plan", "surplus"), "surplus"),
    ],
)
def test_a_mistyped_line_is_one_line_and_exit_code_2(run, asked, words, message):
    got = run(*words)
    assert (got.code, got.out, asked) == (2, "", {})
    assert message in got.err
    assert got.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ([], []),
        (["plan", "--threads", "2", "-q"], ["--threads", "2", "plan", "-q"]),
        (["plan", "--threads=2"], ["--threads=2", "plan"]),
        (["data", "list", "--debug"], ["--debug", "data", "list"]),
        (["measure", "--", "--debug"], ["measure", "--", "--debug"]),
        (["plan", "--device"], ["--device", "plan"]),
    ],
)
def test_shared_options_may_stand_anywhere(words, want):
    assert hoist(words) == want
