"""Products, price lists and price rules."""
