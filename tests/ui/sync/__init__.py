"""The sync on screen, with real laptops and a real server."""
