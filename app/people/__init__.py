"""Users, teams, territories and the company itself."""
