"""How the program looks and speaks on this computer, and which device and server it is."""
