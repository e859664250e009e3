"""Every message has its French, set as French is set, and the compiled file is the one of the sources."""

from pathlib import Path

import pytest

from tests.house import messages


def test_every_message_has_its_french_with_the_same_places():
    assert messages.incomplete() == []


def test_the_french_follows_french_typography():
    assert messages.badly_set() == []


def test_the_compiled_french_is_fresh():
    assert messages.COMPILED.read_bytes() == messages.compiled(messages.french())


def test_compiling_gives_texts_that_gettext_reads():
    import gettext
    import io

    content = messages.compiled({"Quote": "Devis", ("{n} line", "{n} lines"): ("{n} ligne", "{n} lignes")})
    found = gettext.GNUTranslations(io.BytesIO(content))
    assert found.gettext("Quote") == "Devis"
    assert found.ngettext("{n} line", "{n} lines", 0) == "{n} ligne"
    assert found.ngettext("{n} line", "{n} lines", 2) == "{n} lignes"


def test_two_areas_that_disagree_are_refused(tmp_path: Path):
    for area, text in (("quotes", "Brouillon"), ("visits", "Ébauche")):
        (tmp_path / f"{area}.po").write_text(f'msgid "Draft"\nmsgstr "{text}"\n', encoding="utf-8")
    with pytest.raises(messages.Disagreement, match=r"Brouillon.*quotes"):
        messages.french(tmp_path)


def test_a_message_without_french_and_a_lost_place_are_found(tmp_path: Path):
    source = tmp_path / "app" / "page.py"
    source.parent.mkdir()
    source.write_text(
        "from app.i18n import translate as _, translate_plural\n"
        '_("Nothing yet")\n_("To {name}", name=1)\ntranslate_plural("{n} day", "{n} days", 2)\n',
        encoding="utf-8",
    )
    folder = tmp_path / "resources" / "translations" / "fr"
    folder.mkdir(parents=True)
    (folder / "page.po").write_text('msgid "To {name}"\nmsgstr "À {nom}"\n', encoding="utf-8")
    found = "\n".join(messages.incomplete(tmp_path))
    assert "app/page.py:2: no French for 'Nothing yet'" in found
    assert "places of 'To {name}'" in found
    assert "no French for ('{n} day', '{n} days')" in found


@pytest.mark.parametrize(
    "text",
    [
        "Supprimer ?",
        "Supprimer?",
        "Attention ; relire",
        "Client : {name}",
        "« Devis »",
        "Un instant...",
        "12%",
        "L'envoi",
        "d'{name}",
    ],
)
def test_bad_typography_is_found(text: str):
    assert messages.typography(text)


@pytest.mark.parametrize(
    "text",
    [
        "Supprimer\u202f?",
        "Client\u00a0: {name}",
        "«\u00a0Devis\u00a0»",
        "à {h}:{m}",
        "Un instant…",
        "12\u202f%",
        "L’envoi d’{name}",
    ],
)
def test_good_typography_passes(text: str):
    assert not messages.typography(text)
