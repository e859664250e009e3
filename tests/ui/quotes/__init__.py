"""The quotes screen, offscreen."""
