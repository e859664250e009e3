"""One file per release that changed the tables, oldest first."""
