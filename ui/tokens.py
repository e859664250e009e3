"""The colours of the two themes, as computed against WCAG 2.2 (text 4.5:1, input borders and focus 3:1)."""

from __future__ import annotations

LIGHT: dict[str, str] = {
    "app": "#F5F6F8",
    "surface": "#FFFFFF",
    "raised": "#FFFFFF",
    "sunken": "#ECEEF2",
    "hover": "#F1F3F6",
    "selected": "#E6EDFD",
    "border": "#E1E5EB",
    "border_strong": "#858E9C",
    "text": "#14181F",
    "text2": "#434C5A",
    "text3": "#5D6675",
    "accent": "#2456D3",
    "fill": "#2456D3",
    "fill_hover": "#1C46B0",
    "fill_press": "#173A94",
    "on_fill": "#FFFFFF",
    "ok": "#0A6B43",
    "ok_bg": "#E0F4E9",
    "warn": "#8A4B00",
    "warn_bg": "#FDF0D5",
    "bad": "#B42318",
    "bad_bg": "#FDE8E6",
    "info": "#1D4FC4",
    "info_bg": "#E6EDFD",
    "vio": "#6B3FA0",
    "vio_bg": "#F1EAFB",
    "shadow": "#101828",
    "scrim": "#5A101828",
    "toast_dim": "#AEB6C2",
    "toast_link": "#9CB8FF",
}

DARK: dict[str, str] = {
    "app": "#0F1217",
    "surface": "#171B22",
    "raised": "#1E232C",
    "sunken": "#0B0D11",
    "hover": "#1E232C",
    "selected": "#1C2B4D",
    "border": "#29303B",
    "border_strong": "#737D8D",
    "text": "#E9ECF1",
    "text2": "#B8C0CC",
    "text3": "#939DAC",
    "accent": "#86A8FF",
    "fill": "#3A67E0",
    "fill_hover": "#3560D4",
    "fill_press": "#2C52B8",
    "on_fill": "#FFFFFF",
    "ok": "#5BD39A",
    "ok_bg": "#12301F",
    "warn": "#F2B755",
    "warn_bg": "#352507",
    "bad": "#FF8F85",
    "bad_bg": "#3D1614",
    "info": "#93B2FF",
    "info_bg": "#182746",
    "vio": "#C4A5F5",
    "vio_bg": "#2A1D42",
    "shadow": "#000000",
    "scrim": "#8C000000",
    "toast_dim": "#434C5A",
    "toast_link": "#1C46B0",
}

TONES: dict[str, tuple[str, str]] = {
    "flat": ("text2", "sunken"),
    "ok": ("ok", "ok_bg"),
    "warn": ("warn", "warn_bg"),
    "bad": ("bad", "bad_bg"),
    "info": ("info", "info_bg"),
    "vio": ("vio", "vio_bg"),
}
"""Tone of a pill, an avatar or a state: (token of the text, token of the ground)."""

SHADOW_ALPHA = {"light": 28, "dark": 120}


def with_strong_borders(tokens: dict[str, str]) -> dict[str, str]:
    """The same tokens for readers who ask the system for more contrast, or who work in sunlight."""
    return {**tokens, "border": tokens["border_strong"], "text2": tokens["text"], "text3": tokens["text2"]}


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours written `#RRGGBB`, 1 to 21."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
