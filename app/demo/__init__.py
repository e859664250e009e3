"""The demonstration company: a French supplier, its customers, catalogue and months of activity."""
