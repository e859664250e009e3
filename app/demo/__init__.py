"""The demonstration company: a believable French supplier with its customers, catalogue and months of activity."""
