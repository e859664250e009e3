"""The rules of the house, each as a test that fails when the rule is broken."""
