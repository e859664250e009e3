"""The laptop's encrypted file: engine, keys, copies."""
