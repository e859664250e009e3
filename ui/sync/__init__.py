"""The sync on screen: its state, its history, the conflicts."""
