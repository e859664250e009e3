"""What comes from outside to be added: chosen files, files that are dropped, a picture from the clipboard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData
from PySide6.QtGui import QImage

from app import attachments
from app.attachments import Prepared

Item = Path | QImage


def of_mime(mime: QMimeData) -> list[Item]:
    """The files or the picture in what was dropped or pasted; empty where it holds neither."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if paths:
        return [path for path in paths if path.is_file()]
    if mime.hasImage():
        image = QImage(mime.imageData())
        return [] if image.isNull() else [image]
    return []


def holds_something(mime: QMimeData) -> bool:
    """Whether `of_mime` may find something, without unpacking a picture."""
    return mime.hasImage() or any(url.isLocalFile() for url in mime.urls())


def prepare(folder: Path, item: Item, name: str) -> Prepared:
    """Seal one item; `name` is given to a picture without one. For a background lane."""
    if isinstance(item, Path):
        return attachments.prepare(folder, item)
    kept = QByteArray()
    buffer = QBuffer(kept)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    item.save(buffer, "PNG", 80)
    return attachments.prepare(folder, bytes(kept.data()), f"{name}.png")
