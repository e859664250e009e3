"""The first start and the start behind a passphrase."""
