"""A command line that is not understood: exit code 2, and a sentence in the program's language."""

from __future__ import annotations

import pytest

from app.cli import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("quote mail", "il manque : ID"),
        ("quote mail X", "il faut l’un de ces arguments : -o/--output --send"),
        ("quote mail X --send -o f", "argument -o/--output : incompatible avec --send"),
        ("quote mail X --to", "argument --to : sa valeur manque"),
        ("conflicts decide", "'decide' n’est aucun de ceux-ci : 'resolve'"),
        ("list account --limit x", "argument --limit : « x » n’est pas un nombre entier"),
        ("list account --limit -4", "argument --limit : « -4 » est inférieur à 0"),
        ("quote answer U seven 1 2", "argument NUMÉRO : « seven » n’est pas un nombre entier"),
        ("list account --many", "arguments inconnus : --many"),
        ("status --json=3", "argument --json : il ne prend pas de valeur, pas même '3'"),
    ],
)
def test_wrong_usage_is_said_in_french(monkeypatch, capsys, words: str, said: str):
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert main(words.split()) == 2
    *_usage, line = capsys.readouterr().err.splitlines()
    assert f" : {said}. `terrain" in line.replace("\u00a0", " ").replace("\u202f", " ")


def test_wrong_usage_is_said_in_english(run):
    answer = run("quote", "mail", "X")
    assert answer.code == 2
    assert "one of these arguments is required: -o/--output --send" in answer.err


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["--profile", "demo", "status"], "status"),
        (["--profile=demo", "find", "demo"], "find"),
        (["--json", "demo", "--dir", "demo"], "demo"),
        (["--profile", "demo"], None),
    ],
)
def test_a_folder_called_demo_is_no_word(words: list[str], word: str | None):
    from ui.main import word_of

    assert word_of(words) == word


def test_the_demonstration_takes_the_same_words_in_the_language_of_the_terminal(run, capsys):
    from ui.main import main

    assert main(["demo", "--accounts", "3"]) == 2
    assert "--accounts takes 12 to 1" in capsys.readouterr().err
    assert main(["demo", "--help"]) == 0
    assert "no window; files and a report instead" in capsys.readouterr().out
