"""What the system says of the network: that it came back, that it is paid by the byte."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QNetworkInformation


class Network(QObject):
    """Silent where the system tells nothing: the retry timer of the sync is armed all the same."""

    came_back = Signal()
    metered_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.metered = False
        """Whether the connection is paid by the byte, or comes from a telephone."""

    def watch(self) -> None:
        """Listen to the system. Reachability is a hint, never a reason not to try: a server may be near."""
        if not QNetworkInformation.loadDefaultBackend():
            return
        system = QNetworkInformation.instance()
        if system is None:
            return
        system.reachabilityChanged.connect(self._on_reachability)
        # By bound methods: the system outlives every window, and must not call one that is gone.
        system.isMeteredChanged.connect(self._look)
        system.transportMediumChanged.connect(self._look)
        self._look()

    def _on_reachability(self, reachability: QNetworkInformation.Reachability) -> None:
        if reachability not in (
            QNetworkInformation.Reachability.Disconnected,
            QNetworkInformation.Reachability.Unknown,
        ):
            self.came_back.emit()

    def _look(self, _changed: object = None) -> None:
        system = QNetworkInformation.instance()
        cellular = QNetworkInformation.TransportMedium.Cellular
        self.set_metered(system.isMetered() or system.transportMedium() == cellular)

    def set_metered(self, metered: bool) -> None:
        """Take note, and tell where it changed."""
        if metered != self.metered:
            self.metered = metered
            self.metered_changed.emit(metered)
