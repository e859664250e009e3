"""Files and photos on screen."""
