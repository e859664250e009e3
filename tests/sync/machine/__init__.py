"""Whatever people, networks and machines do: the promise of the sync, checked by chance."""
