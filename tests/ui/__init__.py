"""The desktop, offscreen."""
