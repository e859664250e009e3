"""The catalogue screen, offscreen."""
