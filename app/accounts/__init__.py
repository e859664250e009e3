"""Companies that we sell to, their sites and the people there."""
