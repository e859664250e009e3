"""Photos of a visit report: added in three ways, shown, opened, removed, undone."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app import attachments, drafts
from tests.app.attachments.pictures import odd_photos, photo_file
from tests.ui.desk import Desk
from ui.attachments.card import FilesCard
from ui.attachments.viewer import Viewer


def report_of(desk: Desk) -> FilesCard:
    desk.go("report", account=desk.company.morel)
    return desk.page.photos


def urls(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def drop(card: FilesCard, mime: QMimeData) -> None:
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    card.dropEvent(QDropEvent(QPointF(5, 5), copy, mime, left, Qt.KeyboardModifier.NoModifier))


def clipboard(mime: QMimeData) -> None:
    QApplication.clipboard().setMimeData(mime)


def test_a_photo_that_is_dropped_shows_as_a_small_picture_of_56_pixels(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    drop(card, urls(photo_file(tmp_path, "a.jpg", 1), photo_file(tmp_path, "b.jpg", 2)))
    desk.settle()
    assert [tile.file.name for tile in card.tiles] == ["a.jpg", "b.jpg"]
    assert card.tiles[0].width() == card.tiles[0].height() == 56
    # Red at its upper left, as the middle of the photo is.
    colour = card.tiles[0].grab().toImage().pixelColor(5, 8)
    assert colour.red() > 180 > 90 > max(colour.green(), colour.blue())


def test_a_picture_on_the_clipboard_goes_into_the_report_and_text_into_its_text(desk: Desk):
    card = report_of(desk)
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGreen)
    mime = QMimeData()
    mime.setImageData(image)
    clipboard(mime)
    desk.page.form.text.setFocus()
    QTest.keySequence(desk.page.form.text, QKeySequence(QKeySequence.StandardKey.Paste))
    desk.settle()
    (tile,) = card.tiles
    assert tile.file.name.startswith("Photo") and (tile.file.width, tile.file.height) == (640, 480)
    words = QMimeData()
    words.setText("Vu Mme Morel")
    clipboard(words)
    QTest.keySequence(desk.page.form.text, QKeySequence(QKeySequence.StandardKey.Paste))
    assert desk.page.form.text.toPlainText() == "Vu Mme Morel"


def test_a_photo_that_cannot_be_read_keeps_no_other_out_and_says_what_to_do(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    heic = tmp_path / "IMG_0412.HEIC"
    heic.write_bytes(b"\0\0\0\x24ftypheic" + bytes(60))
    drop(card, urls(photo_file(tmp_path, "a.jpg", 1), heic, photo_file(tmp_path, "b.jpg", 2)))
    desk.settle()
    assert [tile.file.name for tile in card.tiles] == ["a.jpg", "b.jpg"]
    assert card._refused.isVisible() and card.add_button.isEnabled()
    assert "IMG_0412.HEIC" in card._refused.text() and "JPEG" in card._refused.text()
    assert heic.exists()
    card.add([photo_file(tmp_path, "c.jpg", 3)])
    desk.settle()
    assert card._refused.isHidden() and len(card.tiles) == 3


def test_a_file_that_the_system_does_not_give_keeps_no_other_out(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    odd = tmp_path / "odd.jpg"
    odd.write_bytes(odd_photos()["bits in a byte"])
    card.add([photo_file(tmp_path, "a.jpg", 1), tmp_path / "gone.jpg", tmp_path, odd])
    desk.settle()
    assert [tile.file.name for tile in card.tiles] == ["a.jpg", "odd.png"]
    assert "gone.jpg" in card._refused.text() and tmp_path.name in card._refused.text()


def test_photos_of_a_report_that_is_not_saved_yet_are_still_there_after_coming_back(
    desk: Desk, tmp_path: Path
):
    card = report_of(desk)
    card.add([photo_file(tmp_path)])
    desk.settle()
    desk.go("today")
    assert len(report_of(desk).tiles) == 1


def test_the_saved_report_names_its_photos(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    card.add([photo_file(tmp_path)])
    desk.settle()
    desk.page.form.text.setPlainText("Bon accueil")
    desk.page.form.next.chips._choose(3)
    desk.page.save()
    desk.settle()
    (saved,) = desk.find("visit_report", summary="Bon accueil")
    (photo,) = desk.find("attachment")
    assert saved["photos"] == [photo["id"]]
    assert (photo["record"], photo["account"]) == (saved["id"], desk.company.morel)
    desk.window.undoing.undo()
    desk.settle()
    with desk.workspace.read() as session:
        kept = [draft.id for draft in drafts.find_all(session, "visit_report") if draft.values["summary"]]
    assert [row["record"] for row in desk.find("attachment")] == kept, (
        "they go back to the draft with its text"
    )


def test_a_removed_photo_comes_back_with_undo(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    card.add([photo_file(tmp_path)])
    desk.settle()
    card.tiles[0].setFocus()
    QTest.keyClick(card.tiles[0], Qt.Key.Key_Delete)
    desk.settle()
    assert card.tiles == []
    desk.window.undoing.undo()
    desk.settle()
    assert len(card.tiles) == 1


def test_enter_opens_the_photo_large_and_arrows_go_on(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    card.add([photo_file(tmp_path, "a.jpg", 1), photo_file(tmp_path, "b.jpg", 2)])
    desk.settle()
    card.tiles[0].setFocus()
    QTest.keyClick(card.tiles[0], Qt.Key.Key_Return)
    desk.settle()
    (viewer,) = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Viewer)]
    assert (viewer.file.name, viewer.picture.shown) == ("a.jpg", True)
    QTest.keyClick(viewer.focusWidget(), Qt.Key.Key_Right)
    desk.settle()
    assert (viewer.file.name, viewer.picture.shown) == ("b.jpg", True)
    QTest.keyClick(viewer, Qt.Key.Key_Escape)


def test_bytes_that_are_not_here_say_when_they_come(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    card.add([photo_file(tmp_path)])
    desk.settle()
    id = card.tiles[0].file.id
    with desk.workspace.transaction() as session:
        attachments.forget(session, [id])
        session.connection().exec_driver_sql("UPDATE attachment SET arrived = 'file'")
    card.reload()
    desk.settle()
    assert "prochaine synchronisation" in card.tiles[0].toolTip()
    card.open(id)
    desk.settle()
    (viewer,) = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Viewer)]
    assert not viewer.picture.shown
    assert "prochaine synchronisation" in viewer.picture.words
    viewer.close()


def test_a_file_that_cannot_be_added_says_why_and_leaves_the_others_possible(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    (tmp_path / "vide.pdf").touch()
    card.add([tmp_path / "vide.pdf"])
    desk.settle()
    assert card.tiles == [] and card.add_button.isEnabled()
    (tmp_path / "offre.pdf").write_bytes(b"%PDF-1.7 " + b"x" * 100)
    card.add([tmp_path / "offre.pdf"])
    desk.settle()
    assert [tile.file.name for tile in card.tiles] == ["offre.pdf"]


def test_a_file_is_written_where_the_person_says(desk: Desk, tmp_path: Path):
    card = report_of(desk)
    (tmp_path / "offre.pdf").write_bytes(b"%PDF-1.7 " + b"x" * 100)
    card.add([tmp_path / "offre.pdf"])
    desk.settle()
    card.save_to(card.tiles[0].file.id, tmp_path / "copie.pdf")
    desk.settle()
    assert (tmp_path / "copie.pdf").read_bytes() == (tmp_path / "offre.pdf").read_bytes()
