"""Visit reports and their templates."""
