"""The first start and the start of a profile that a passphrase protects."""
